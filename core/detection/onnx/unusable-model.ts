/** Why a file cannot be used as a model. The message is for the operator: what was expected and what came. */
export class UnusableModel extends Error {
  override readonly name = 'UnusableModel';
}
