// access-list.cfg as a KEMI script: evapid -f access-list.kemi.js --modparam evapi:event_callback=ksr_evapi_event
//   --modparam 'htable:htable=failures=>size=8;autoexpire=60;initval=0;'

var PASSWORD = 'sesame'
var MAX_FAILURES = 3
var ALLOWED = ['127.0.0.1', '::1']

// By connection index.
var publishers = {}

function ksr_evapi_event(evname) {
  var address = KSR.pv.get('$evapi(srcaddr)')
  var index = KSR.pv.get('$evapi(conidx)')
  switch (evname) {
    case 'evapi:connection-new':
      if (ALLOWED.indexOf(address) < 0) {
        KSR.notice(address + ' is not on the list\n')
        KSR.evapi.close()
        return
      }
      KSR.evapi.set_tag('guest-' + index)
      break
    case 'evapi:message-received':
      message(KSR.pv.get('$evapi(msg)'), address, index)
      break
    case 'evapi:connection-closed':
      delete publishers[index]
  }
}

function message(text, address, index) {
  if (text.indexOf('login ') === 0) login(text, address, index)
  else if (publishers[index]) KSR.evapi.relay(text)
  else KSR.evapi.relay_unicast('login first', 'guest-' + index)
}

function login(text, address, index) {
  var tag = 'guest-' + index
  if (KSR.htable.sht_get('failures', address) >= MAX_FAILURES) {
    KSR.evapi.relay_unicast('too many failures', tag)
    KSR.evapi.close()
    return
  }
  if (text.split(' ')[1] !== PASSWORD) {
    KSR.evapi.relay_unicast('refused: ' + KSR.htable.sht_inc('failures', address), tag)
    return
  }
  publishers[index] = true
  KSR.evapi.relay_unicast('welcome', tag)
}
