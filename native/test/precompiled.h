// What nearly every test includes, compiled once: the Makefile makes it and puts it before each of them. No
// guard: it is never included.

#include "dispatcher.h"
#include "test/bus.h"
#include "test/check.h"
#include "test/datagrams.h"
#include "test/peer.h"
