const DOTTED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;
const HEXADECIMAL = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i;

/** An IPv4 address that is mapped into IPv6 (RFC 4291, 2.5.5.2), in its own form; others as they are. */
export function withoutMapping(address: string): string {
  const [, dotted] = DOTTED.exec(address) ?? [];
  if (dotted !== undefined) return dotted;
  const [, high, low] = HEXADECIMAL.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const number = (Number.parseInt(high, 16) << 16) | Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}
