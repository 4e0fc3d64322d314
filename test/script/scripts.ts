// Whole scripts, as people write them around EVAPI: for the tests of the parser and the printer.

const EVENTS = `#!KAMAILIO
# An event bus with a billing service behind it.
#!define BUS "127.0.0.1:8448"
#!trydefine LEVEL 2
#!substdef "!NODE!edge-1!g"
#!ifdef WITH_DEBUG
debug=4
#!else
debug=LEVEL
#!endif
log_stderror=yes  // for containers
listen=udp:127.0.0.1:5060 advertise 203.0.113.7:5060 name "outside"
alias="example.com" example.org:5060
flags FLAG_CHARGED:1, FLAG_ASKED:2;
billing.limit = 30 desc "seconds until we give up"
billing.service = 'billing'

loadmodule "tm.so"
loadmodule "sl.so" loadmodule "pv.so"
loadmodule "evapi.so"
loadmodule "htable.so"
modparam("evapi", "bind_addr", BUS)
modparam("evapi", "workers", 0)
modparam("htable", "htable", "calls=>size=8;autoexpire=3600;")
modparam("tm|sl", "default_code", 500)

/* requests */
request_route {
  if (!mf_process_maxfwd_header("10")) {
    sl_send_reply("483", "Too Many Hops");
    exit;
  }
  if (src_ip == 10.0.0.0/8 || src_ip == ::1 || proto == TLS) route(TRUSTED);
  if (method == OPTIONS && uri == myself && strempty($rU)) {
    sl_send_reply("200", "OK"); exit;
  } else if is_method("INVITE|REGISTER") {
    $var(request) = "{ \\"caller\\": \\"" + $fU + "\\", \\"node\\": \\"NODE\\" }";
    if (msg:len > 16384) { sl_send_reply("513", "Message Too Large"); exit; }
    t_newtran();
    switch ($rU) {
      case /"^00[1-9]":
      case "100":
        $var(class) = 1 + (int)$sel(cfg_get.billing.limit) * 2 - -1;
        break;
      default:
        $var(class) = $null;
    }
    evapi_async_relay("$var(request)");
  } else {
    route("FALL" + "BACK");
  };
}

route[TRUSTED] {
  $avp(trusted) = 1; setflag(FLAG_ASKED);
  return 1;
}

route[FALLBACK] {
  $var(i) = 0;
  while ($var(i) < 10 and not defined $var(stop)) {
    $var(i) = $var(i) + 1;
    if ($var(i) mod 3 == 0)
      if ($var(i) & 1) $var(odd) = $(avp(x)[$var(i)]{s.len}); else ;
  }
  exit;
}

failure_route[BUSY] { if (t_check_status("486|600")) { drop; } ; }
onreply_route { if (status =~ "1[0-9][0-9]") exit; xlog("L_INFO", "reply $rs\\n"); }
onreply_route[CALL] { exit; }
branch_route[1] { drop(); }
onsend_route { if (to_ip == 192.0.2.1 && !(to_port == 5060)) drop; }
`

const BUS = `event_route[evapi:connection-new] {
  xlog("connection from $evapi(srcaddr):$evapi(srcport)\\n");
  if($evapi(srcaddr)!="127.0.0.1") { evapi_close(); exit; }
}
event_route[evapi:connection-closed] { xlog("closed: $evapi(conidx)\\n"); }
event_route[evapi:message-received] {
  xlog("received [$evapi(msg)]\\n");
  jansson_get("event", "$evapi(msg)", "$var(event)");
  if($var(event) == "tag") {
    jansson_get("name", "$evapi(msg)", "$var(name)");
    evapi_set_tag("$var(name)");
    return(1);
  }
  $sht(calls=>$evapi(srcport)::last) = $TS;
  $var(n) = $(evapi(msg){s.select,0,:}{s.int}) << 2 | 1;
  evapi_multicast("{ 'event' : 'got', 'n' : $var(n) }", 'watchers');
}
event_route[htable:mod-init] { $sht(calls=>a) = 0x10 + 010; }
event_route["core:worker-one-init"] { ; }
`

export const SCRIPTS: Readonly<Record<string, string>> = {
  'a billing bridge': EVENTS,
  'a bus with tags': BUS,
}
