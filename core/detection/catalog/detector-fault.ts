/** Why a file cannot be used as a detector; the message is for the operator. */
export class DetectorFault extends Error {
  override readonly name = 'DetectorFault';
}
