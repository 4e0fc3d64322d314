// A stand-in for systemd, in Python: Node has no datagram sockets of the Unix kind. Its argument is the socket's path, or `@` and an abstract
// name; it prints `ready`, then each datagram as Python writes a text.

export const NOTIFY_RECEIVER = `
import socket, sys
name = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind('\\0' + name[1:] if name.startswith('@') else name)
print('ready', flush=True)
while True:
    print(repr(receiver.recv(4096).decode()), flush=True)
`
