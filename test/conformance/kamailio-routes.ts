// The kamailio.cfg of a conformance scenario: route-steps.ts's language as event routes, and evapi set up to be as
// comparable as it gets. It is text only; kamailio.ts runs it.
import { ECHO } from './route-steps.ts'
import { type BusSettings, HOST } from './server-under-test.ts'

/** What every line of the trace starts with in Kamailio's log. */
export const TRACE_PREFIX = 'TRACE|'

/** The routes. $var is per process: with workers=0 the dispatcher is the only one that runs them. */
const ROUTES = `
request_route { drop; }

route[STEPS] {
  $var(i) = 0;
  $var(step) = $(var(steps){s.select,$var(i),|});
  while ($var(step) != "") {
    $var(verb) = $(var(step){s.select,0,~});
    $var(a) = $(var(step){s.select,1,~});
    $var(b) = $(var(step){s.select,2,~});
    $var(result) = "null";
    switch ($var(verb)) {
      case "relay": evapi_relay("$var(a)"); $var(result) = $rc; break;
      case "multicast": evapi_multicast("$var(a)", "$var(b)"); $var(result) = $rc; break;
      case "unicast": evapi_unicast("$var(a)", "$var(b)"); $var(result) = $rc; break;
      case "tag": evapi_set_tag("$var(a)"); $var(result) = $rc; break;
      case "close": evapi_close(); $var(result) = $rc; break;
      case "echo": evapi_relay("$var(a) ${ECHO}"); $var(result) = $rc; break;
    }
    if ($var(verb) != "idle") {
      xlog("L_NOTICE", "${TRACE_PREFIX}step|$var(verb)|$var(result)\\n");
    }
    $var(i) = $var(i) + 1;
    $var(step) = $(var(steps){s.select,$var(i),|});
  }
}

route[TRACE] {
  # $null through a transformation is the empty string, which is a message too
  $var(hex) = "<null>";
  if ($evapi(msg) != $null) $var(hex) = $(evapi(msg){s.encode.hexa});
  xlog("L_NOTICE", "${TRACE_PREFIX}$var(event)|$evapi(conidx)|$evapi(srcaddr)|$evapi(srcport)|$var(hex)\\n");
}

event_route[evapi:connection-new] {
  $var(event) = "new";
  route(TRACE);
  $var(steps) = $var(onnew);
  route(STEPS);
}

event_route[evapi:connection-closed] {
  $var(event) = "closed";
  route(TRACE);
  $var(steps) = $var(onclosed);
  route(STEPS);
}

event_route[evapi:message-received] {
  $var(event) = "message";
  route(TRACE);
  if ($(evapi(msg){s.substr,0,1}) == "!") {
    $var(steps) = $(evapi(msg){s.substr,1,0});
    route(STEPS);
  } else if ($evapi(msg) =~ "^@new ") {
    $var(onnew) = $(evapi(msg){s.substr,5,0});
  } else if ($evapi(msg) =~ "^@closed ") {
    $var(onclosed) = $(evapi(msg){s.substr,8,0});
  } else {
    evapi_relay("$evapi(msg)");
  }
}
`

/** The whole file. `sipPort` is a free UDP port that Kamailio insists on, and that nobody talks to. */
export function kamailioConfig(settings: BusSettings, evapiPort: number, sipPort: number): string {
  return `#!KAMAILIO
debug=2
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:127.0.0.1:${sipPort}
# a string that a template makes is cut at this size, 8 KiB unless told otherwise
pv_buffer_size=131072
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "evapi.so"
modparam("pv", "varset", "onnew=s:idle")
modparam("pv", "varset", "onclosed=s:idle")
modparam("xlog", "buf_size", 131072)
modparam("evapi", "workers", 0)
modparam("evapi", "bind_addr", "${HOST}:${evapiPort}")
modparam("evapi", "max_clients", ${settings.maxClients})
modparam("evapi", "netstring_format", ${settings.netstringFormat})
${ROUTES}`
}
