"""A service manager's end of sd_notify(3): prints each message as one line of JSON, with the process that sent it."""
import json
import socket
import struct
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
listener.bind(sys.argv[1])
print(json.dumps({"listening": True}), flush=True)
while True:
    # A barrier's descriptor is closed by not being taken, which is what systemd-notify waits for.
    message, ancillary, _, _ = listener.recvmsg(65536, socket.CMSG_SPACE(struct.calcsize("3i")))
    fields = dict(line.split("=", 1) for line in message.decode().splitlines())
    if "BARRIER" not in fields:
        print(json.dumps(fields), flush=True)
