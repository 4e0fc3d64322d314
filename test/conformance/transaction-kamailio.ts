// Kamailio as a server under test with SIP requests: transaction-steps.ts's language as kamailio.cfg, and what its log says of it.
import { freeUdpPort } from '../support/free-port.ts'
import { PATIENCE } from '../support/wire-client.ts'
import { launchKamailio } from './kamailio.ts'
import { TRACE_PREFIX } from './kamailio-routes.ts'
import { HOST } from './server-under-test.ts'
import type { StartSipServer, TransactionSettings } from './sip-server-under-test.ts'
import { RunTrace } from './transaction-steps.ts'

/** Every line of the trace carries the process that wrote it, so that runs in several processes can be told apart. */
const PROCESS = /^\s*(\d+\(\d+\))/

/** How long to wait for the end of a run, in ms: one that a function of Kamailio's ends (t_check_trans) has none in the log. */
const CUT_SHORT = 1000

const log = (text: string): string => `xlog("L_NOTICE", "${TRACE_PREFIX}${text}\\n");`

const ROUTES = `
request_route {
  if ($hdr(X-Steps) == "fence") {
    sl_send_reply("200", "fence");
    exit;
  }
  if (!($hdr(X-Steps) =~ "^bare")) {
    if (is_method("CANCEL")) {
      if (t_check_trans()) { t_relay(); exit; }
    } else {
      # ends the script for a retransmission, and for the ACK of what was answered here
      t_check_trans();
    }
  }
  ${log('begin|request $rm')}
  $var(steps) = "";
  if ($hdr(X-Steps) != $null) $var(steps) = $hdr(X-Steps);
  route(STEPS);
  ${log('end')}
}

route[RESUME] {
  ${log('begin|RESUME $rm')}
  $var(steps) = "";
  if ($hdr(X-Resume) != $null) $var(steps) = $hdr(X-Resume);
  route(STEPS);
  ${log('end')}
}

route[RESUME2] {
  ${log('begin|RESUME2 $rm')}
  $var(steps) = "";
  if ($hdr(X-Resume2) != $null) $var(steps) = $hdr(X-Resume2);
  route(STEPS);
  ${log('end')}
}

failure_route[FAIL] {
  ${log('begin|FAIL $rm $T_reply_code')}
  $var(steps) = "";
  if ($hdr(X-Failure) != $null) $var(steps) = $hdr(X-Failure);
  route(STEPS);
  ${log('end')}
}

route[STEPS] {
  $var(i) = 0;
  $var(step) = $(var(steps){s.select,$var(i),|});
  while ($var(step) != "") {
    $var(verb) = $(var(step){s.select,0,~});
    $var(a) = $(var(step){s.select,1,~});
    $var(b) = $(var(step){s.select,2,~});
    # a string variable as a code makes Kamailio send 500
    $var(code) = 0;
    if ($var(a) =~ "^[0-9]+$") $var(code) = $(var(a){s.int});
    $var(second) = 0;
    if ($var(b) =~ "^[0-9]+$") $var(second) = $(var(b){s.int});
    $var(result) = "none";
    switch ($var(verb)) {
      case "newtran": t_newtran(); $var(result) = $rc; break;
      case "suspend": t_suspend(); $var(result) = $rc; break;
      case "release": t_release(); $var(result) = $rc; break;
      case "check": t_check_trans(); $var(result) = $rc; break;
      case "lookup": t_lookup_request(); $var(result) = $rc; break;
      case "isset": t_is_set("failure_route"); $var(result) = $rc; break;
      case "reply": t_reply("$var(code)", "$var(b)"); $var(result) = $rc; break;
      case "sl": sl_send_reply("$var(code)", "$var(b)"); $var(result) = $rc; break;
      case "send": send_reply("$var(code)", "$var(b)"); $var(result) = $rc; break;
      case "async": evapi_async_relay("event $T(id_index) $T(id_label) $var(a)"); $var(result) = $rc; break;
      case "asyncempty": $var(empty) = ""; evapi_async_relay("$var(empty)"); $var(result) = $rc; break;
      case "asyncuni": evapi_async_unicast("event $T(id_index) $T(id_label) x", "$var(a)"); $var(result) = $rc; break;
      case "onfailure": t_on_failure("FAIL"); $var(result) = $rc; break;
      case "setfr": t_set_fr("$var(code)", "$var(second)"); $var(result) = $rc; break;
      case "append": append_to_reply("$var(a)\\r\\n"); $var(result) = $rc; break;
      case "set": $avp(v) = $var(a); $xavp(x=>v) = $var(a); $var(result) = $var(a); break;
      case "get": $var(result) = $avp(v) + "," + $xavp(x=>v); break;
      case "code": $var(result) = "=" + $T_reply_code; break;
      case "id":
        if ($T(id_index) == $null) { $var(result) = "null"; } else { $var(result) = "number"; }
        break;
    }
    if ($var(verb) != "bare") {
      ${log('step|$var(verb)|$var(result)')}
    }
    $var(i) = $var(i) + 1;
    $var(step) = $(var(steps){s.select,$var(i),|});
  }
}

event_route[evapi:message-received] {
  if ($evapi(msg) == "fence") {
    ${log('fence')}
    exit;
  }
  $var(name) = $(evapi(msg){s.select,3,~});
  $var(done) = 0;
  if ($evapi(msg) =~ "^continue~") {
    $var(index) = $(evapi(msg){s.select,1,~}{s.int});
    $var(label) = $(evapi(msg){s.select,2,~}{s.int});
    t_continue("$var(index)", "$var(label)", "$var(name)");
    $var(done) = $rc;
  } else {
    $var(index) = $(evapi(msg){s.select,1,~});
    $var(label) = $(evapi(msg){s.select,2,~});
    t_continue("$var(index)", "$var(label)", "$var(name)");
    $var(done) = $rc;
  }
  evapi_relay("result $var(done)");
}
`

function config(settings: TransactionSettings, evapiPort: number, sipPort: number): string {
  return `#!KAMAILIO
debug=2
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
listen=udp:${HOST}:${sipPort}
listen=tcp:${HOST}:${sipPort}
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "evapi.so"
modparam("tm", "fr_timer", ${settings.frTimer})
modparam("tm", "fr_inv_timer", ${settings.frInvTimer})
modparam("tm", "retr_timer1", ${settings.retrTimer1})
modparam("tm", "retr_timer2", ${settings.retrTimer2})
modparam("evapi", "workers", 0)
modparam("evapi", "bind_addr", "${HOST}:${evapiPort}")
${ROUTES}`
}

/** Starts Kamailio and resolves when it accepts clients; its SIP side listens by then. */
export function startSipKamailio(program: string): StartSipServer {
  return async (settings) => {
    const runs = new RunTrace()
    let fences = 0
    let wake = (): void => {}
    let sipPort = 0
    const kamailio = await launchKamailio(
      program,
      async (evapiPort) => {
        sipPort = await freeUdpPort(HOST)
        return config(settings, evapiPort, sipPort)
      },
      (words, line) => {
        const process = PROCESS.exec(line)?.[1] ?? ''
        const [kind, first = '', second = ''] = words
        if (kind === 'begin') runs.begin(process, first)
        else if (kind === 'step') runs.step(process, first, /^-?\d+$/.test(second) ? Number(second) : second)
        else if (kind === 'end') runs.end(process)
        else if (kind === 'fence') fences++
        wake()
      },
    )
    return {
      evapiPort: kamailio.port,
      sipPorts: { udp: sipPort, tcp: sipPort },
      // The log comes another way than messages and replies, and may be late, each process in its own time.
      async runs(awaited) {
        const settled = () => fences >= awaited && runs.underWay === 0
        const patience = setTimeout(() => wake(), CUT_SHORT)
        const late = Date.now() + CUT_SHORT
        const end = setTimeout(() => wake(), 4 * PATIENCE)
        const over = Date.now() + 4 * PATIENCE
        while (!settled() && (fences < awaited || Date.now() < late)) {
          if (Date.now() >= over) throw new Error('Kamailio takes no message any more')
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
        clearTimeout(patience)
        clearTimeout(end)
        return runs.lines()
      },
      stop: kamailio.stop,
    }
  }
}
