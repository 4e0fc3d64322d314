// billing-bridge.cfg as a KEMI script: evapid -f billing-bridge.kemi.js --modparam evapi:event_callback=ksr_evapi_event
//   --modparam tm:fr_inv_timer=5000 --modparam 'htable:htable=engine=>size=4;' -l udp:127.0.0.1:5060

function ksr_request_route() {
  if (KSR.is_method('ACK')) return
  if (KSR.is_method('CANCEL')) {
    KSR.sl.sl_send_reply(481, 'No Such Call')
    return
  }
  if (!KSR.is_method('INVITE')) {
    KSR.sl.sl_send_reply(200, 'OK')
    return
  }
  if (KSR.pv.is_null('$sht(engine=>conn)')) {
    KSR.sl.sl_send_reply(503, 'Billing Is Not Connected')
    return
  }
  KSR.tm.t_newtran()
  KSR.tm.t_on_failure('ksr_no_answer')
  KSR.tmx.t_suspend()
  var event = JSON.stringify({
    Event: 'AUTH_REQUEST',
    tindex: KSR.pv.get('$T(id_index)'),
    tlabel: KSR.pv.get('$T(id_label)'),
    caller: KSR.pv.get('$fU'),
    callee: KSR.pv.get('$rU'),
  })
  if (KSR.evapi.relay_unicast(event, 'engine') < 0) {
    KSR.tm.t_reply(503, 'Billing Is Not Connected')
  }
}

// The engine has not answered in time.
function ksr_no_answer() {
  KSR.tm.t_reply(504, 'Billing Did Not Answer')
}

function ksr_evapi_event(evname) {
  var address = KSR.pv.get('$evapi(srcaddr)') + ':' + KSR.pv.get('$evapi(srcport)')
  if (evname === 'evapi:connection-new') {
    if (!KSR.pv.is_null('$sht(engine=>conn)')) {
      KSR.warn('another billing engine is connected: ' + KSR.pv.get('$sht(engine=>conn)') + '\n')
      KSR.evapi.close()
      return
    }
    KSR.pv.sets('$sht(engine=>conn)', address)
    KSR.evapi.set_tag('engine')
  } else if (evname === 'evapi:connection-closed') {
    if (KSR.pv.get('$sht(engine=>conn)') === address) KSR.pv.unset('$sht(engine=>conn)')
  } else if (evname === 'evapi:message-received') {
    var reply = JSON.parse(KSR.pv.get('$evapi(msg)'))
    if (reply.Event !== 'AUTH_REPLY') return
    KSR.pv.seti('$var(credit)', reply.credit || 0)
    if (KSR.tmx.t_continue(reply.tindex, reply.tlabel, 'ksr_call') < 0) {
      KSR.warn('nobody waits for ' + reply.tindex + ':' + reply.tlabel + '\n')
    }
  }
}

function ksr_call() {
  var credit = KSR.pv.get('$var(credit)')
  if (credit <= 0) {
    KSR.tm.t_reply(402, 'No Credit')
    return
  }
  KSR.hdr.append_to_reply('X-Credit: ' + credit + '\r\n')
  KSR.hdr.append_to_reply('Contact: <sip:media@127.0.0.1>\r\n')
  KSR.tm.t_reply(200, 'OK')
}
