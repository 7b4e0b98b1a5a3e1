import * as z from 'zod';
import { choice, line } from '../../http/forms.ts';
import { readThresholds } from './budgets.ts';

const usually = (fallback: string) => (value: unknown) =>
  value === undefined || value === '' ? fallback : value;

/** The fields of a budget in the form of a project. */
export const budgetFields = {
  budget_kind: z.preprocess(usually('none'), choice(['none', 'hours', 'money'])),
  budget_amount: line(60),
  budget_period: z.preprocess(usually('total'), choice(['total', 'monthly'])),
  budget_thresholds: line(60).transform((text, context) => {
    const read = readThresholds(text);
    if (read) return read.join(',');
    context.addIssue({ code: 'custom', message: 'budgets.thresholds_problem' });
    return z.NEVER;
  }),
};
