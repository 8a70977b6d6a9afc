const CODES =
  /^(HPE_\w+|ERR_HTTP_REQUEST_TIMEOUT|ERR_STREAM_(PREMATURE_CLOSE|DESTROYED)|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTCONN|EHOSTUNREACH|ENETUNREACH)$/;

/** The code of an error that says no more than what a client did with its connection: hung up, was slow, spoke no HTTP. */
export function clientFaultOf(error: NodeJS.ErrnoException): string | undefined {
  return error.code !== undefined && CODES.test(error.code) ? error.code : undefined;
}
