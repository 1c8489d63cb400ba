/** What a mutant may change: each operator finds, at one node of the syntax tree, the edits that a good test should notice. */

import type { AnyNode, BinaryExpression, Expression, Literal } from 'acorn';

/** Replaces the characters from `start` to before `end`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A node, what it is part of, and the source that both came from. */
export interface Site {
  readonly node: AnyNode;
  readonly parent: AnyNode | undefined;
  readonly source: string;
}

type Operator = (site: Site) => readonly Edit[];

/** Operators that are not among these have no opposite that is worth a mutant. */
const OPPOSITES: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '+=': '-=',
  '-=': '+=',
};

const EQUALITY = new Set(['===', '!==']);
const NONE: readonly Edit[] = [];

const instead = ({ start, end }: AnyNode, text: string): readonly Edit[] => [{ start, end, text }];
const textOf = ({ source }: Site, { start, end }: AnyNode): string => source.slice(start, end);

/** The edit of an operator between two operands, of which parentheses may follow the first. */
function opposite({ source }: Site, operator: string, left: AnyNode): readonly Edit[] {
  const text = OPPOSITES[operator];
  if (text === undefined) return NONE;
  const start = source.indexOf(operator, left.end);
  return [{ start, end: start + operator.length, text }];
}

const isText = (node: AnyNode): boolean =>
  node.type === 'TemplateLiteral' ||
  (node.type === 'Literal' && typeof node.value === 'string') ||
  (node.type === 'BinaryExpression' && node.operator === '+' && (isText(node.left) || isText(node.right)));

/** Texts are joined by the same sign as numbers are added. */
const isArithmetic = ({ operator, left, right }: BinaryExpression): boolean =>
  '+-*/'.includes(operator) && !isText(left) && !isText(right);

/** Nodes that run their test once or in a loop; a ternary has an operator of its own. */
function testOf(node: AnyNode): Expression | undefined {
  const hasTest = node.type === 'IfStatement' || node.type === 'WhileStatement' || node.type === 'DoWhileStatement';
  return hasTest || node.type === 'ForStatement' ? (node.test ?? undefined) : undefined;
}

/** Turning the operator of an equality is the same as negating it. */
function negate(site: Site): readonly Edit[] {
  const test = testOf(site.node);
  if (test === undefined || (test.type === 'BinaryExpression' && EQUALITY.has(test.operator))) return NONE;
  return instead(test, `!(${textOf(site, test)})`);
}

function comparison(site: Site): readonly Edit[] {
  const { node } = site;
  if (node.type !== 'BinaryExpression' || isArithmetic(node) || '+-*/'.includes(node.operator)) return NONE;
  return opposite(site, node.operator, node.left);
}

function arithmetic(site: Site): readonly Edit[] {
  const { node } = site;
  if (node.type === 'BinaryExpression' && isArithmetic(node)) return opposite(site, node.operator, node.left);
  if (node.type === 'AssignmentExpression' && !isText(node.right)) return opposite(site, node.operator, node.left);
  if (node.type !== 'UpdateExpression') return NONE;
  const operator = node.operator === '++' ? '--' : '++';
  const operand = textOf(site, node.argument);
  return instead(node, node.prefix ? `${operator}${operand}` : `${operand}${operator}`);
}

function logical(site: Site): readonly Edit[] {
  const { node } = site;
  return node.type === 'LogicalExpression' ? opposite(site, node.operator, node.left) : NONE;
}

function nullish(site: Site): readonly Edit[] {
  const { node } = site;
  if (node.type !== 'LogicalExpression' || node.operator !== '??') return NONE;
  return [node.left, node.right].flatMap((side) => instead(node, `(${textOf(site, side)})`));
}

function not(site: Site): readonly Edit[] {
  const { node, parent } = site;
  if (node.type !== 'UnaryExpression' || node.operator !== '!') return NONE;
  if (parent !== undefined && testOf(parent) === node) return NONE;
  return instead(node, `(${textOf(site, node.argument)})`);
}

function number({ node }: Site): readonly Edit[] {
  if (node.type !== 'Literal' || typeof node.value !== 'number') return NONE;
  const { value } = node;
  return [value + 1, value - 1].flatMap((other) => instead(node, other < 0 ? `(${other})` : String(other)));
}

const boolean = ({ node }: Site): readonly Edit[] =>
  node.type === 'Literal' && typeof node.value === 'boolean' ? instead(node, String(!node.value)) : NONE;

/** Only texts that something is compared with: those of messages are prose. */
function text({ node, parent }: Site): readonly Edit[] {
  if (node.type !== 'Literal' || typeof node.value !== 'string' || node.value === '') return NONE;
  return isCompared(node, parent) ? instead(node, "''") : NONE;
}

function isCompared(node: Literal, parent: AnyNode | undefined): boolean {
  if (parent?.type === 'SwitchCase') return parent.test === node;
  return parent?.type === 'BinaryExpression' && EQUALITY.has(parent.operator);
}

/** A constructor that leaves out `super()` never gets as far as a test. */
function statement({ node }: Site): readonly Edit[] {
  if (node.type !== 'ExpressionStatement' || 'directive' in node) return NONE;
  const { expression } = node;
  const isSuper = expression.type === 'CallExpression' && expression.callee.type === 'Super';
  return isSuper ? NONE : instead(node, ';');
}

function result(site: Site): readonly Edit[] {
  const { node } = site;
  if (node.type === 'ReturnStatement' && node.argument) return valueless(node.argument, site);
  if (node.type !== 'ArrowFunctionExpression' || node.body.type === 'BlockStatement') return NONE;
  return valueless(node.body, site);
}

const valueless = (value: AnyNode, site: Site): readonly Edit[] =>
  textOf(site, value) === 'undefined' ? NONE : instead(value, 'undefined');

const LEAVES = new Set(['ThrowStatement', 'ContinueStatement', 'BreakStatement']);

function leaving({ node }: Site): readonly Edit[] {
  const isBareReturn = node.type === 'ReturnStatement' && !node.argument;
  return isBareReturn || LEAVES.has(node.type) ? instead(node, ';') : NONE;
}

function block({ node, parent }: Site): readonly Edit[] {
  if (node.type !== 'BlockStatement' || node.body.length === 0) return NONE;
  const isFinally = parent?.type === 'TryStatement' && parent.finalizer === node;
  return isFinally || parent?.type === 'CatchClause' ? instead(node, '{}') : NONE;
}

const awaiting = (site: Site): readonly Edit[] =>
  site.node.type === 'AwaitExpression' ? instead(site.node, `(${textOf(site, site.node.argument)})`) : NONE;

function arms(site: Site): readonly Edit[] {
  const { node } = site;
  if (node.type !== 'ConditionalExpression') return NONE;
  const [test, then, otherwise] = [node.test, node.consequent, node.alternate].map((part) => textOf(site, part));
  return instead(node, `(${test}) ? (${otherwise}) : (${then})`);
}

export const OPERATORS = {
  negate,
  comparison,
  logical,
  nullish,
  not,
  arithmetic,
  number,
  boolean,
  text,
  statement,
  result,
  leaving,
  block,
  await: awaiting,
  arms,
} satisfies Readonly<Record<string, Operator>>;

export type OperatorName = keyof typeof OPERATORS;

export const OPERATOR_NAMES = Object.keys(OPERATORS) as OperatorName[];
