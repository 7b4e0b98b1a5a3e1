import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['public/js/shared/', 'node_modules/', 'data/', 'logs/', 'coverage/', 'bench/stock/', 'bench/output/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      // Express handlers are async on purpose: Express 5 forwards rejections to the error page.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/only-throw-error': 'error',
      'no-control-regex': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  { files: ['src/cli/**', 'bench/**', 'tests/**', 'src/main.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['public/**/*.js', 'eslint.config.js'],
    languageOptions: {
      globals: {
        window: 'readonly', document: 'readonly', HTMLElement: 'readonly', customElements: 'readonly',
        fetch: 'readonly', location: 'readonly', history: 'readonly', localStorage: 'readonly', navigator: 'readonly',
        setInterval: 'readonly', clearInterval: 'readonly', setTimeout: 'readonly', clearTimeout: 'readonly',
        requestAnimationFrame: 'readonly', FormData: 'readonly', URLSearchParams: 'readonly', URL: 'readonly',
        Event: 'readonly', CustomEvent: 'readonly', AbortController: 'readonly', matchMedia: 'readonly',
        Intl: 'readonly', console: 'readonly', HTMLInputElement: 'readonly', HTMLFormElement: 'readonly',
        HTMLDialogElement: 'readonly', Node: 'readonly', performance: 'readonly', structuredClone: 'readonly', htmx: 'readonly',
        Element: 'readonly', KeyboardEvent: 'readonly', MutationObserver: 'readonly', CSS: 'readonly', HTMLButtonElement: 'readonly',
      },
    },
  },
);
