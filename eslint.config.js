// One linter for the whole tree. The `boundaries` part is the architecture as a test: imports go
// one way (docs/architecture.md), so that a folder can be read without the ones above it.
import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Folder → folders it may import. */
const MAY_IMPORT = {
  common: [],
  audio: ['common'],
  recording: ['audio', 'common'],
  agent: ['audio', 'common'],
  rtpengine: ['audio', 'common'],
  signaling: ['rtpengine', 'common'],
  softphone: ['signaling', 'audio', 'common'],
  server: ['signaling', 'rtpengine', 'agent', 'softphone', 'recording', 'audio', 'common'],
  web: ['agent', 'recording', 'audio', 'common'],
  tools: ['server', 'signaling', 'rtpengine', 'agent', 'softphone', 'recording', 'audio', 'common'],
  tests: [
    'tools',
    'server',
    'signaling',
    'rtpengine',
    'agent',
    'softphone',
    'recording',
    'audio',
    'common',
    'web',
  ],
};

export default tseslint.config(
  {
    ignores: [
      'dist',
      'coverage',
      'node_modules',
      'test-results',
      'playwright-report',
      'docs/.vitepress/{cache,dist}',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js', 'docs/.vitepress/config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { boundaries },
    settings: {
      'import/resolver': { node: { extensions: ['.ts', '.js'] } },
      'boundaries/elements': Object.keys(MAY_IMPORT).map((type) => ({
        type,
        // From the root, so that tests/unit/server is a part of tests.
        pattern: `${type}/**`,
        partialMatch: false,
      })),
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: Object.entries(MAY_IMPORT).map(([from, allowed]) => ({
            from: { element: { type: from } },
            allow: [from, ...allowed].map((type) => ({ to: { element: { type } } })),
          })),
        },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
    },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
  prettier,
);
