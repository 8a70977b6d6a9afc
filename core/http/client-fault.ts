const CODES =
  /^(HPE_\w+|ERR_HTTP_REQUEST_TIMEOUT|ERR_STREAM_(PREMATURE_CLOSE|DESTROYED)|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTCONN|EHOSTUNREACH|ENETUNREACH)$/;

/** The code of an error that a client's connection caused: it closed, it was too slow, or it did not speak HTTP. */
export function clientFaultOf(error: NodeJS.ErrnoException): string | undefined {
  return error.code !== undefined && CODES.test(error.code) ? error.code : undefined;
}
