export const timer = {} as const;
