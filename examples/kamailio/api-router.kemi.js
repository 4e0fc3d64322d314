// api-router.cfg as a KEMI script: evapid -f api-router.kemi.js --modparam evapi:event_callback=ksr_evapi_event
//   --modparam tm:fr_inv_timer=5000 -l udp:127.0.0.1:5060

var FLAG_ASKED = 1

function ksr_request_route() {
  switch (KSR.pv.get('$rm')) {
    case 'INVITE':
      ask()
      break
    case 'ACK':
      break
    case 'OPTIONS':
    case 'BYE':
      KSR.sl.sl_send_reply(200, 'OK')
      break
    default:
      KSR.sl.sl_send_reply(405, 'Method Not Allowed')
  }
}

function ask() {
  KSR.setflag(FLAG_ASKED)
  KSR.tm.t_newtran()
  if (KSR.tmx.t_suspend() < 0) {
    KSR.tm.t_reply(500, 'Cannot Wait')
    return
  }
  KSR.evapi.relay(
    JSON.stringify({
      event: 'sip-routing',
      caller: KSR.pv.get('$fU'),
      callee: KSR.pv.get('$rU'),
      callid: KSR.pv.get('$ci'),
      tindex: KSR.pv.get('$T(id_index)'),
      tlabel: KSR.pv.get('$T(id_label)'),
    }),
  )
}

function ksr_evapi_event(evname) {
  if (evname !== 'evapi:message-received') return
  var message = KSR.pv.get('$evapi(msg)')
  var answer = JSON.parse(message)
  var id = answer.tm_trans || { tm_index: -1, tm_label: -1 }
  KSR.pv.sets('$var(answer)', message)
  if (KSR.tmx.t_continue(id.tm_index, id.tm_label, 'ksr_routed') < 0) {
    KSR.evapi.relay(JSON.stringify({ error: 'no such transaction', tindex: id.tm_index }))
  }
}

function ksr_routed() {
  if (!KSR.isflagset(FLAG_ASKED)) {
    KSR.tm.t_reply(500, 'Not Asked')
    return
  }
  var targets = JSON.parse(KSR.pv.get('$var(answer)')).routing.targets
  if (targets.length === 0) {
    KSR.tm.t_reply(404, 'No Route')
    return
  }
  for (var i = 0; i < targets.length; i++) {
    KSR.hdr.append_to_reply('Contact: <' + targets[i].uri + '>\r\n')
  }
  KSR.tm.t_reply(302, 'Moved Temporarily')
}
