// A KEMI script that runs in Kamailio's app_jsdt and in evapid alike: each case is a function that relays what it has seen. JavaScript as
// Duktape has it. kemi.test.ts plays the cases by name and compares what was relayed.

var cases = {};
var requestCases = {};

/** What a value is, its type included. */
function show(value) {
  if (value === undefined) return 'undefined';
  if (value === null) return 'null';
  return typeof value + ' ' + String(value);
}

/** Relays what an expression is, or that it throws. */
function see(what, evaluate) {
  var value;
  try {
    value = evaluate();
  } catch (error) {
    KSR.evapi.relay(what + ' throws ' + (error instanceof Error ? 'an ' + 'error' : show(error)));
    return;
  }
  KSR.evapi.relay(what + ' = ' + show(value));
}

/** The name comes from a variable: what evapid finds in the source before it runs is not the matter here. */
function pv(fn, name) {
  return arguments.length > 2 ? KSR.pv[fn](name, arguments[2]) : KSR.pv[fn](name);
}

function call(module, fn) {
  return KSR[module][fn].apply(null, Array.prototype.slice.call(arguments, 2));
}

// --- events

var lastEvent = [];

function ksr_evapi_event(evname) {
  lastEvent.push(evname + '/' + arguments.length + '/' + show(KSR.pv.get('$evapi(msg)')));
  if (evname !== 'evapi:message-received') return;
  var words = KSR.pv.get('$evapi(msg)').split(':');
  if (words[0] === 'case') cases[words.slice(1).join(':')]();
  else if (words[0] === 'resume') see('t_continue', function () { return KSR.tmx.t_continue(Number(words[1]), Number(words[2]), words[3]); });
  else if (words[0] === 'resume texts') see('t_continue', function () { return KSR.tmx.t_continue(words[1], words[2], words[3]); });
  else if (words[0] === 'end') KSR.evapi.relay('end');
}

cases['the event is the one argument'] = function () {
  KSR.evapi.relay(lastEvent[lastEvent.length - 1]);
};
cases['a message has no NUL, and is text'] = function () {
  see('type', function () { return typeof KSR.pv.get('$evapi(msg)'); });
};
cases['the message is UTF-8: h\u00e9llo \u20ac'] = function () {
  see('length', function () { return KSR.pv.get('$evapi(msg)').length; });
  KSR.evapi.relay(KSR.pv.get('$evapi(msg)'));
};
cases['variables of the event'] = function () {
  see('conidx', function () { return typeof KSR.pv.get('$evapi(conidx)'); });
  see('srcaddr', function () { return KSR.pv.get('$evapi(srcaddr)'); });
  see('srcport', function () { return typeof KSR.pv.get('$evapi(srcport)'); });
};
cases['globals live on'] = function () {
  see('first', function () { return typeof lastEvent; });
  lastEvent.marked = (lastEvent.marked || 0) + 1;
  see('marked', function () { return lastEvent.marked; });
};
cases['this is the global object'] = function () {
  see('this', function () { return this === globalThis; });
};
cases['nothing of a host program is there'] = function () {
  see('process', function () { return typeof process; });
  see('setTimeout', function () { return typeof setTimeout; });
  see('fetch', function () { return typeof fetch; });
};

// --- KSR.pv

cases['pv: null'] = function () {
  var none = '$avp(none)';
  ['get', 'gete', 'getw', 'geti', 'is_null'].forEach(function (fn) { see(fn, function () { return pv(fn, none); }); });
  see('getvn', function () { return pv('getvn', none, 7); });
  see('getvs', function () { return pv('getvs', none, 'text'); });
  see('$null', function () { return KSR.pv.get('$null'); });
};
cases['pv: a number'] = function () {
  see('seti', function () { return KSR.pv.seti('$var(i)', 42); });
  ['get', 'gete', 'getw', 'geti', 'is_null'].forEach(function (fn) { see(fn, function () { return pv(fn, '$var(i)'); }); });
  see('getvn', function () { return KSR.pv.getvn('$var(i)', 7); });
  see('getvs', function () { return KSR.pv.getvs('$var(i)', 'text'); });
};
cases['pv: a text'] = function () {
  see('sets', function () { return KSR.pv.sets('$var(s)', 'a text'); });
  ['get', 'gete', 'getw', 'geti', 'is_null'].forEach(function (fn) { see(fn, function () { return pv(fn, '$var(s)'); }); });
  see('getvn', function () { return KSR.pv.getvn('$var(s)', 7); });
};
cases['pv: digits stay a text'] = function () {
  KSR.pv.sets('$var(d)', '0123');
  see('get', function () { return KSR.pv.get('$var(d)'); });
  see('geti', function () { return KSR.pv.geti('$var(d)'); });
};
cases['pv: geti of what is nearly a number'] = function () {
  ['12', '-12', '+12', '', ' 12', '12 ', '0x10', '1e3', '99999999999'].forEach(function (text) {
    KSR.pv.sets('$var(n)', text);
    see(JSON.stringify(text), function () { return KSR.pv.geti('$var(n)'); });
  });
};
cases['pv: sets expands nothing'] = function () {
  KSR.pv.seti('$var(i)', 1);
  KSR.pv.sets('$var(s)', '$var(i) $$ $null');
  see('get', function () { return KSR.pv.get('$var(s)'); });
};
cases['pv: what sets makes of other types'] = function () {
  [5, 1.5, -0, true, null, undefined, [1, 2], { a: 1 }].forEach(function (value) {
    see(show(value), function () { return pv('sets', '$var(x)', value) + ' ' + show(KSR.pv.get('$var(x)')); });
  });
};
cases['pv: what seti makes of other types'] = function () {
  ['77', 'x', '', 1.9, -1.9, NaN, true, false, null, undefined, 3000000000, -3000000000, 4294967297, Infinity, [5], {}].forEach(function (value) {
    see(show(value), function () { return pv('seti', '$var(x)', value) + ' ' + show(KSR.pv.get('$var(x)')); });
  });
};
cases['pv: a variable that nobody has assigned'] = function () {
  see('get', function () { return KSR.pv.get('$var(never)'); });
  see('is_null', function () { return KSR.pv.is_null('$var(never)'); });
};
cases['pv: unset'] = function () {
  KSR.pv.sets('$var(u)', 'x');
  see('unset', function () { return KSR.pv.unset('$var(u)'); });
  see('get', function () { return KSR.pv.get('$var(u)'); });
  KSR.pv.sets('$avp(u)', 'x');
  see('unset', function () { return KSR.pv.unset('$avp(u)'); });
  see('get', function () { return KSR.pv.get('$avp(u)'); });
};
cases['pv: avps are stacks'] = function () {
  KSR.pv.sets('$avp(a)', 'first');
  KSR.pv.seti('$avp(a)', 2);
  see('get', function () { return KSR.pv.get('$avp(a)'); });
  see('[1]', function () { return KSR.pv.get('$(avp(a)[1])'); });
  see('[*]', function () { return KSR.pv.get('$(avp(a)[*])'); });
  KSR.pv.unset('$avp(a)');
  see('get', function () { return KSR.pv.get('$avp(a)'); });
  KSR.pv.unset('$avp(a)');
  see('get', function () { return KSR.pv.get('$avp(a)'); });
};
cases['pv: an empty text is not null'] = function () {
  KSR.pv.sets('$avp(e)', '');
  see('get', function () { return KSR.pv.get('$avp(e)'); });
  see('is_null', function () { return KSR.pv.is_null('$avp(e)'); });
  KSR.pv.unset('$avp(e)');
};
cases['pv: a name that is none'] = function () {
  var bad = '$nosuch(x)';
  ['get', 'gete', 'getw', 'geti', 'is_null', 'unset'].forEach(function (fn) { see(fn, function () { return pv(fn, bad); }); });
  see('getvn', function () { return pv('getvn', bad, 7); });
  see('getvs', function () { return pv('getvs', bad, 'text'); });
  see('sets', function () { return pv('sets', bad, 'x'); });
  see('seti', function () { return pv('seti', bad, 1); });
};
cases['pv: more or less than one variable'] = function () {
  ['plain', '', '$var(i)$var(i)', '$var(i) ', ' $var(i)', '$var(i)x', '$'].forEach(function (name) {
    see(JSON.stringify(name), function () { return pv('get', name); });
  });
};
cases['pv: text beyond ASCII'] = function () {
  KSR.pv.sets('$var(u)', 'h\u00e9llo \u20ac');
  see('get', function () { return KSR.pv.get('$var(u)'); });
  see('length', function () { return KSR.pv.get('$var(u)').length; });
};
cases['pv: read-only variables'] = function () {
  see('sets', function () { return pv('sets', '$evapi(msg)', 'x'); });
  see('seti', function () { return pv('seti', '$evapi(conidx)', 1); });
  see('unset', function () { return pv('unset', '$evapi(msg)'); });
};
cases['pv: xavps'] = function () {
  see('sets', function () { return KSR.pv.sets('$xavp(x=>a)', '1'); });
  see('sets', function () { return KSR.pv.sets('$xavp(x[0]=>b)', '2'); });
  see('a', function () { return KSR.pv.get('$xavp(x=>a)'); });
  see('b', function () { return KSR.pv.get('$xavp(x=>b)'); });
  see('c', function () { return KSR.pv.get('$xavp(x=>c)'); });
};

cases['pvx: var'] = function () {
  see('seti', function () { return KSR.pvx.var_seti('pa', 3); });
  see('get', function () { return KSR.pvx.var_get('pa'); });
  see('sets', function () { return KSR.pvx.var_sets('pa', 'x$null'); });
  see('get', function () { return KSR.pvx.var_get('pa'); });
  see('$var', function () { return KSR.pv.get('$var(pa)'); });
  see('never', function () { return KSR.pvx.var_get('pnever'); });
};
cases['pvx: avp'] = function () {
  see('sets', function () { return KSR.pvx.avp_sets('pa', 'x'); });
  see('get', function () { return KSR.pvx.avp_get('pa'); });
  see('is_null', function () { return KSR.pvx.avp_is_null('pnever'); });
  see('rm', function () { return KSR.pvx.avp_rm('pa') + ' ' + KSR.pvx.avp_rm('pa'); });
  see('seti', function () { return KSR.pvx.avp_seti('pi', 3) + ' ' + KSR.pvx.avp_get('pi'); });
  see('get', function () { return KSR.pvx.avp_get('pa'); });
  see('gete', function () { return KSR.pvx.avp_gete('pa'); });
  see('getw', function () { return KSR.pvx.avp_getw('pa'); });
};
cases['pvx: xavp'] = function () {
  see('seti', function () { return KSR.pvx.xavp_seti('px', 3); });
  see('sets', function () { return KSR.pvx.xavp_sets('px', 'x'); });
  see('get', function () { return KSR.pvx.xavp_get('px'); });
  see('rm', function () { return KSR.pvx.xavp_rm('px') + ' ' + KSR.pvx.xavp_rm('px') + ' ' + KSR.pvx.xavp_rm('px'); });
  see('get', function () { return KSR.pvx.xavp_get('px') + KSR.pvx.xavp_gete('px') + KSR.pvx.xavp_getw('px'); });
};
cases['pvx: fields of an xavp'] = function () {
  see('sets', function () { return KSR.pvx.xavp_child_sets('pr', 'f', 'v'); });
  see('seti', function () { return KSR.pvx.xavp_child_seti('pr', 'g', 5); });
  see('get', function () { return KSR.pvx.xavp_child_get('pr', 'f') + ' ' + KSR.pvx.xavp_child_get('pr', 'g'); });
  see('$xavp', function () { return KSR.pv.get('$xavp(pr=>f)') + ' ' + KSR.pv.get('$xavp(pr[0]=>g)'); });
  see('none', function () { return KSR.pvx.xavp_child_get('pr', 'h') + KSR.pvx.xavp_child_gete('pr', 'h') + KSR.pvx.xavp_child_getw('pr', 'h'); });
  see('is_null', function () { return KSR.pvx.xavp_child_is_null('pr', 'f') + ' ' + KSR.pvx.xavp_child_is_null('pr', 'h'); });
  see('sets', function () { return KSR.pvx.xavp_child_sets('pr', 'f', 'w') + ' ' + KSR.pvx.xavp_child_get('pr', 'f'); });
  see('rm', function () { return KSR.pvx.xavp_child_rm('pr', 'g') + ' ' + KSR.pvx.xavp_child_get('pr', 'g'); });
};
cases['pvx: evalx'] = function () {
  see('evalx', function () { return KSR.pvx.evalx('$var(pe)', 'a$evapi(conidx)$$'); });
  see('get', function () { return KSR.pv.get('$var(pe)'); });
};

// --- KSR.evapi

cases['relay: text as it is'] = function () {
  see('relay', function () { return KSR.evapi.relay('raw $evapi(msg) $$ $null %s'); });
};
cases['relay: other types'] = function () {
  [12, 1.5, 1e21, -0, true, null, undefined, [1, 2], { a: 1 }].forEach(function (value) {
    see('relay', function () { return call('evapi', 'relay', value); });
  });
};
cases['relay: an object with toString()'] = function () {
  see('relay', function () { return KSR.evapi.relay({ toString: function () { return 'by toString'; } }); });
};
cases['relay: a toString() that throws'] = function () {
  see('relay', function () { return KSR.evapi.relay({ toString: function () { throw new Error('mine'); } }); });
};
cases['relay: more arguments than it takes'] = function () {
  see('relay', function () { return KSR.evapi.relay('two', 'x'); });
};
cases['relay: no argument'] = function () {
  see('relay', function () { return call('evapi', 'relay'); });
};
cases['multicast: one argument'] = function () {
  see('multicast', function () { return call('evapi', 'relay_multicast', 'x'); });
};
cases['close: an argument too many'] = function () {
  see('close', function () { return KSR.evapi.close('x'); });
};
cases['relay: beyond ASCII'] = function () {
  KSR.evapi.relay('h\u00e9llo \u20ac');
};
cases['relay: the empty text'] = function () {
  see('relay', function () { return KSR.evapi.relay(''); });
};
cases['relay: beyond the basic plane'] = function () {
  KSR.evapi.relay('\ud83d\ude00');
};
cases['relay: a NUL'] = function () {
  KSR.evapi.relay('a\u0000b');
};
cases['relay: large'] = function () {
  KSR.evapi.relay(new Array(20001).join('x'));
};
cases['tags: multicast and unicast'] = function () {
  see('set_tag', function () { return KSR.evapi.set_tag('red'); });
  see('multicast', function () { return KSR.evapi.relay_multicast('to red', 'red'); });
  see('multicast', function () { return KSR.evapi.relay_multicast('to blue', 'blue'); });
  see('unicast', function () { return KSR.evapi.relay_unicast('to one red', 'red'); });
  see('unicast', function () { return KSR.evapi.relay_unicast('to one blue', 'blue'); });
  see('set_tag', function () { return KSR.evapi.set_tag(''); });
  see('multicast', function () { return KSR.evapi.relay_multicast('to red', 'red'); });
};
cases['tags: as they are'] = function () {
  see('set_tag', function () { return KSR.evapi.set_tag('$evapi(msg)'); });
  see('multicast', function () { return KSR.evapi.relay_multicast('raw', '$evapi(msg)'); });
  KSR.evapi.set_tag('');
};
cases['tags: numbers'] = function () {
  see('set_tag', function () { return KSR.evapi.set_tag(7); });
  see('multicast', function () { return KSR.evapi.relay_multicast('seven', '7'); });
  KSR.evapi.set_tag('');
};
cases['tags: too long'] = function () {
  see('63', function () { return KSR.evapi.set_tag(new Array(64).join('x')); });
  see('64', function () { return KSR.evapi.set_tag(new Array(65).join('x')); });
  KSR.evapi.set_tag('');
};
cases['tags: empty'] = function () {
  see('data', function () { return KSR.evapi.relay_multicast('', 'red'); });
  see('tag', function () { return KSR.evapi.relay_multicast('x', ''); });
};
cases['async: where there is no request'] = function () {
  see('relay', function () { return KSR.evapi.async_relay('x $T(id_index)'); });
};

// --- how functions end

function deepExit() {
  (function () { KSR.x.exit(); })();
  KSR.evapi.relay('not reached');
}
cases['exit ends all calls'] = function () {
  KSR.evapi.relay('before');
  deepExit();
  KSR.evapi.relay('not reached');
};
cases['drop ends all calls'] = function () {
  KSR.evapi.relay('before');
  (function () { KSR.x.drop(); })();
  KSR.evapi.relay('not reached');
};
cases['exit can be caught, and is a text'] = function () {
  try {
    deepExit();
  } catch (error) {
    KSR.evapi.relay('caught ' + show(error));
  }
  KSR.evapi.relay('and goes on');
};
cases['drop can be caught, and is the same'] = function () {
  try {
    KSR.x.drop();
  } catch (error) {
    KSR.evapi.relay('caught ' + show(error));
  }
};
cases['exit runs finally'] = function () {
  try {
    KSR.x.exit();
  } finally {
    KSR.evapi.relay('finally');
  }
};
cases['an exit that is thrown on'] = function () {
  try {
    KSR.x.exit();
  } catch (error) {
    if (error === '~~ksr~exit~~') throw error;
    KSR.evapi.relay('not reached');
  }
};
cases['an error ends the function'] = function () {
  KSR.evapi.relay('before');
  throw new Error('on purpose');
};
cases['a text that is thrown'] = function () {
  throw 'on purpose';
};
cases['a name that is not defined'] = function () {
  KSR.evapi.relay('before');
  nobodyHasDefinedThis();
};
cases['errors of the language'] = function () {
  see('TypeError', function () { try { null.x; } catch (error) { return error instanceof TypeError; } });
  see('too few', function () { try { call('evapi', 'relay_multicast', 'x'); } catch (error) { return error instanceof RangeError; } });
};
cases['an endless recursion'] = function () {
  see('recursion', function () {
    var depth = 0;
    function down() { depth++; down(); }
    try { down(); } catch (error) { return error instanceof RangeError && depth > 10; }
  });
};
cases['a value that is returned'] = function () {
  return 7;
};

// --- KSR.app_jsdt, KSR.x.modf

function ran0() { KSR.evapi.relay('ran with ' + arguments.length); return 5; }
function ran1(a) { KSR.evapi.relay('ran with ' + show(a)); }
function ran2(a, b) { KSR.evapi.relay('ran with ' + show(a) + ', ' + show(b)); }
function ran3(a, b, c) { KSR.evapi.relay('ran with ' + show(a) + ', ' + show(b) + ', ' + show(c)); }
function ranAndThrew() { throw new Error('inner'); }
function ranAndEnded() { KSR.x.exit(); }
cases['run'] = function () {
  see('run', function () { return KSR.app_jsdt.run('ran0'); });
  see('run_p1', function () { return KSR.app_jsdt.run_p1('ran1', 'a'); });
  see('run_p2', function () { return KSR.app_jsdt.run_p2('ran2', 'a', 2); });
  see('run_p3', function () { return KSR.app_jsdt.run_p3('ran3', 'a', 'b', 'c'); });
};
cases['run what throws, what ends, what is not there'] = function () {
  see('throws', function () { return KSR.app_jsdt.run('ranAndThrew'); });
  see('ends', function () { return KSR.app_jsdt.run('ranAndEnded'); });
  see('not there', function () { return KSR.app_jsdt.run('nobodyHasDefinedThis'); });
};
cases['modf'] = function () {
  see('unknown', function () { return KSR.x.modf('nosuch'); });
  see('sht_reset', function () { return KSR.x.modf('sht_reset', 'v'); });
  see('nothing', function () { return call('x', 'modf'); });
};

// --- the log

cases['log functions give false'] = function () {
  ['dbg', 'info', 'notice', 'warn', 'err', 'crit'].forEach(function (fn) {
    see(fn, function () { return KSR[fn]('on purpose, at ' + fn + ' %s $evapi(msg)\n'); });
  });
  see('log', function () { return KSR.log('info', 'on purpose\n'); });
  see('log', function () { return KSR.log('nonsense', 'on purpose\n'); });
};
cases['xlog functions give a number'] = function () {
  see('xlog', function () { return KSR.xlog.xlog('L_INFO', 'on purpose $evapi(conidx)\n'); });
  see('xlog', function () { return KSR.xlog.xlog('nonsense', 'on purpose\n'); });
  see('xinfo', function () { return KSR.xlog.xinfo('on purpose $evapi(conidx)\n'); });
  see('xdbg', function () { return KSR.xlog.xdbg('on purpose $evapi(conidx)\n'); });
  see('bad', function () { return call('xlog', 'xlog', 'L_ALERT', 'on purpose $nosuch(x)\n'); });
};

// --- flags

cases['flags'] = function () {
  see('setflag', function () { return KSR.setflag(3); });
  see('isflagset', function () { return KSR.isflagset(3); });
  see('isflagset', function () { return KSR.isflagset(4); });
  see('resetflag', function () { return KSR.resetflag(3); });
  see('isflagset', function () { return KSR.isflagset(3); });
  see('31', function () { return KSR.setflag(31); });
  KSR.resetflag(31);
  see('32', function () { return call2('setflag', 32); });
  see('-1', function () { return call2('setflag', -1); });
};
function call2(fn, value) {
  return KSR[fn](value);
}

// --- KSR.kx without a request

cases['definitions and the environment'] = function () {
  see('get_def', function () { return KSR.kx.get_def('TEXT'); });
  see('get_def', function () { return KSR.kx.get_def('NEVER'); });
  see('get_defn', function () { return KSR.kx.get_defn('NUMBER'); });
  see('get_defn', function () { return KSR.kx.get_defn('TEXT'); });
  see('ifdef', function () { return KSR.kx.ifdef('TEXT') + ' ' + KSR.kx.ifdef('NEVER'); });
  see('ifndef', function () { return KSR.kx.ifndef('TEXT') + ' ' + KSR.kx.ifndef('NEVER'); });
  see('get_env', function () { return KSR.kx.get_env('KEMI_TEXT'); });
  see('get_env', function () { return KSR.kx.get_env('KEMI_NEVER'); });
  see('get_envn', function () { return KSR.kx.get_envn('KEMI_NUMBER'); });
};
cases['the time'] = function () {
  see('timestamp', function () { return Math.abs(KSR.kx.get_timestamp() - Date.now() / 1000) < 3; });
};

// --- htable, jansson

cases['htable: texts and numbers'] = function () {
  see('sets', function () { return KSR.htable.sht_sets('t', 'k', 'a$rU'); });
  see('get', function () { return KSR.htable.sht_get('t', 'k'); });
  see('seti', function () { return KSR.htable.sht_seti('t', 'n', 5); });
  see('get', function () { return KSR.htable.sht_get('t', 'n'); });
  see('inc', function () { return KSR.htable.sht_inc('t', 'n'); });
  see('dec', function () { return KSR.htable.sht_dec('t', 'n'); });
  see('$sht', function () { return KSR.pv.get('$sht(t=>n)'); });
  see('rm', function () { return KSR.htable.sht_rm('t', 'k'); });
  see('get', function () { return KSR.htable.sht_get('t', 'k'); });
};
cases['htable: null'] = function () {
  see('get', function () { return KSR.htable.sht_get('t', 'none'); });
  see('gete', function () { return KSR.htable.sht_gete('t', 'none'); });
  see('getw', function () { return KSR.htable.sht_getw('t', 'none'); });
  see('is_null', function () { return KSR.htable.sht_is_null('t', 'none'); });
  KSR.htable.sht_sets('t', 'some', '');
  see('is_null', function () { return KSR.htable.sht_is_null('t', 'some'); });
  see('inc', function () { return KSR.htable.sht_inc('t', 'none'); });
};
cases['htable: through $sht'] = function () {
  KSR.pv.sets('$sht(t=>a)', 'x');
  KSR.pv.seti('$sht(t=>b)', 2);
  see('a', function () { return KSR.htable.sht_get('t', 'a'); });
  see('b', function () { return KSR.htable.sht_get('t', 'b'); });
  KSR.pv.unset('$sht(t=>a)');
  see('a', function () { return KSR.pv.get('$sht(t=>a)'); });
};
cases['htable: no such table'] = function () {
  see('get', function () { return call('htable', 'sht_get', 'nosuch', 'k'); });
  see('sets', function () { return call('htable', 'sht_sets', 'nosuch', 'k', 'v'); });
};
cases['htable: iterators'] = function () {
  KSR.htable.sht_sets('v', 'one', '1');
  see('start', function () { return KSR.htable.sht_iterator_start('it', 'v'); });
  see('next', function () { return KSR.htable.sht_iterator_next('it'); });
  see('key', function () { return KSR.pv.get('$shtitkey(it)') + '=' + KSR.pv.get('$shtitval(it)'); });
  see('next', function () { return KSR.htable.sht_iterator_next('it') < 0; });
  see('end', function () { return KSR.htable.sht_iterator_end('it'); });
};
cases['jansson: get'] = function () {
  var json = '{"a": {"b": [1, "two", null, true, 1.5]}, "u": "h\u00e9"}';
  ['a.b[0]', 'a.b[1]', 'a.b[3]', 'a.b[4]', 'a.b', 'u', 'none', 'a.none'].forEach(function (path) {
    KSR.pv.sets('$var(j)', 'before');
    see(path, function () { return KSR.jansson.get(path, json, '$var(j)') + ' ' + show(KSR.pv.get('$var(j)')); });
  });
};
cases['jansson: no JSON'] = function () {
  see('text', function () { return KSR.jansson.get('a', 'no json', '$var(j)'); });
  see('empty', function () { return KSR.jansson.get('a', '', '$var(j)'); });
};

// --- requests

function ksr_request_route() {
  var name = KSR.hdr.get('X-Case');
  if (name === null) return;
  try {
    requestCases[name]();
  } finally {
    KSR.evapi.relay('request done');
  }
}

requestCases['methods'] = function () {
  ['INVITE', 'OPTIONS', 'invite', 'INVITE|OPTIONS', 'INVITE|BYE', 'FOO'].forEach(function (method) {
    see(JSON.stringify(method), function () { return KSR.is_method(method); });
  });
  ['O', 'o', 'IO', 'I', 'X'].forEach(function (letters) {
    see(letters, function () { return KSR.is_method_in(letters); });
  });
  see('is_OPTIONS', function () { return KSR.is_OPTIONS(); });
  see('is_INVITE', function () { return KSR.is_INVITE(); });
};
requestCases['protocols'] = function () {
  see('is_UDP', function () { return KSR.is_UDP(); });
  see('is_TCP', function () { return KSR.is_TCP(); });
  see('is_TLS', function () { return KSR.is_TLS(); });
  see('is_IPv4', function () { return KSR.is_IPv4(); });
  see('is_IPv6', function () { return KSR.is_IPv6(); });
  ['U', 't', 'UDP', 'tcp', 'tu', 'X'].forEach(function (protocols) {
    see(protocols, function () { return KSR.is_proto(protocols); });
  });
  see('ports', function () { return KSR.is_src_port(KSR.kx.get_srcport()) + ' ' + KSR.is_dst_port(KSR.kx.get_rcvport()) + ' ' + KSR.is_dst_port(1); });
};
requestCases['myself'] = function () {
  var own = 'sip:127.0.0.1:' + KSR.kx.get_rcvport();
  see('own', function () { return KSR.is_myself(own); });
  see('with user', function () { return KSR.is_myself('sip:bob@127.0.0.1:' + KSR.kx.get_rcvport()); });
  see('other port', function () { return KSR.is_myself('sip:127.0.0.1:1'); });
  see('other host', function () { return KSR.is_myself('sip:192.0.2.1'); });
  see('ruri', function () { return KSR.is_myself_ruri(); });
  see('furi', function () { return KSR.is_myself_furi(); });
  see('srcip', function () { return KSR.is_myself_srcip(); });
};
requestCases['hdr: get'] = function () {
  ['X-A', 'x-a', 'X-A ', 'X-None', 'From', 'f', 'i', 'X-Empty', ''].forEach(function (name) {
    see(JSON.stringify(name), function () { return KSR.hdr.get(name); });
  });
  see('gete', function () { return KSR.hdr.gete('X-None'); });
  see('getw', function () { return KSR.hdr.getw('X-None'); });
};
requestCases['hdr: by number'] = function () {
  [0, 1, 2, -1, -2, -3, '1'].forEach(function (number) {
    see(String(number), function () { return KSR.hdr.get_idx('X-A', number); });
  });
  see('gete_idx', function () { return KSR.hdr.gete_idx('X-A', 9); });
  see('getw_idx', function () { return KSR.hdr.getw_idx('X-A', 9); });
};
requestCases['hdr: is_present'] = function () {
  ['X-A', 'x-a', 'X-None', 'f', 'From', 'Via', ''].forEach(function (name) {
    see(JSON.stringify(name), function () { return KSR.hdr.is_present(name); });
  });
};
requestCases['hdr: match_content'] = function () {
  ['eq', 'sw', 'in', 'zz'].forEach(function (op) {
    ['f', 'l', 'a', 'o', 'x'].forEach(function (which) {
      see(op + ' ' + which, function () {
        return ['one', 'two', 'ON', 'o', ''].map(function (text) { return KSR.hdr.match_content('X-A', op, text, which); }).join(' ');
      });
    });
  });
};
requestCases['hdr: changes are not seen'] = function () {
  see('remove', function () { return KSR.hdr.remove('X-A'); });
  see('append', function () { return KSR.hdr.append('X-New: $rU\r\n'); });
  see('insert', function () { return KSR.hdr.insert('X-Ins: v\r\n'); });
  see('append_after', function () { return KSR.hdr.append_after('X-AA: v\r\n', 'Call-ID'); });
  see('insert_before', function () { return KSR.hdr.insert_before('X-IB: v\r\n', 'Call-ID'); });
  see('rmappend', function () { return KSR.hdr.rmappend('User-Agent', 'User-Agent: mine\r\n'); });
  see('rminsert', function () { return KSR.hdr.rminsert('User-Agent', 'User-Agent: mine\r\n'); });
  see('X-A', function () { return KSR.hdr.get('X-A'); });
  see('X-New', function () { return KSR.hdr.get('X-New'); });
};
requestCases['hdr: append_to_reply'] = function () {
  see('append', function () { return KSR.hdr.append_to_reply('X-Reply: $rU\r\n'); });
  see('reply', function () { return KSR.sl.send_reply(404, 'Not $rU'); });
};
requestCases['kx'] = function () {
  ['get_ruri', 'get_ruser', 'getw_ruser', 'gete_ruser', 'get_rhost', 'gete_rhost', 'getw_rhost', 'get_ouri', 'get_furi', 'get_fuser', 'gete_fuser', 'getw_fuser', 'get_fhost',
    'get_turi', 'get_tuser', 'get_thost', 'get_duri', 'gete_duri', 'getw_duri', 'get_ua', 'get_srcip', 'get_rcvip', 'get_rcvadvip',
    'get_proto', 'get_protoid', 'get_au', 'getw_au', 'gete_au', 'get_method', 'get_body', 'get_bodylen', 'get_callid', 'get_msgtype'].forEach(function (fn) {
    see(fn, function () { return KSR.kx[fn](); });
  });
  ['get_srcport', 'get_rcvport', 'get_rcvadvport', 'get_msglen'].forEach(function (fn) {
    see(fn, function () { return typeof KSR.kx[fn](); });
  });
  ['get_srcuri', 'get_srcaddr_sock', 'get_rcvaddr_sock', 'get_cturi', 'gete_cturi'].forEach(function (fn) {
    see(fn, function () { return KSR.kx[fn]().replace(/:\d{4,5}/, ':PORT'); });
  });
  see('msgbuf', function () { return KSR.kx.get_msgbuf().length === KSR.kx.get_msglen(); });
};
requestCases['kx: what is not there'] = function () {
  ['get_body', 'gete_body', 'getw_body', 'get_ua', 'gete_ua', 'getw_ua'].forEach(function (fn) {
    see(fn, function () { return KSR.kx[fn](); });
  });
  KSR.seturi('sip:host.example.com');
  ['get_ruser', 'gete_ruser', 'getw_ruser', 'get_rhost'].forEach(function (fn) {
    see(fn, function () { return KSR.kx[fn](); });
  });
};
requestCases['the Request-URI'] = function () {
  see('seturi', function () { return KSR.seturi('sip:new@host.example.com:5070;p=1') + ' ' + KSR.pv.get('$ru'); });
  see('setuser', function () { return KSR.setuser('other') + ' ' + KSR.pv.get('$ru'); });
  see('sethost', function () { return KSR.sethost('h2') + ' ' + KSR.pv.get('$ru'); });
  see('ouri', function () { return KSR.kx.get_ouri(); });
};
requestCases['the destination'] = function () {
  see('isdsturiset', function () { return KSR.isdsturiset(); });
  see('setdsturi', function () { return KSR.setdsturi('sip:d@192.0.2.1') + ' ' + KSR.pv.get('$du'); });
  see('isdsturiset', function () { return KSR.isdsturiset(); });
  see('nhuri', function () { return KSR.kx.get_nhuri(); });
  see('resetdsturi', function () { return KSR.resetdsturi() + ' ' + KSR.pv.get('$du'); });
};
requestCases['variables of the request'] = function () {
  ['$rm', '$rU', '$fu', '$ci', '$cs', '$hdr(X-A)', '$(hdr(X-A)[1])', '$hdr(X-None)', '$T(id_index)', '$rb', '$ua'].forEach(function (name) {
    see(name, function () { return pv('get', name); });
  });
};
requestCases['flags of the request'] = function () {
  see('before', function () { return KSR.isflagset(4); });
  KSR.setflag(4);
  see('after', function () { return KSR.isflagset(4); });
};
requestCases['sl_send_reply'] = function () {
  see('reply', function () { return KSR.sl.sl_send_reply(486, 'Busy $rU'); });
};
requestCases['send_reply with a code that is a text'] = function () {
  see('reply', function () { return KSR.sl.send_reply('480', 'Away'); });
};
requestCases['exit after a reply'] = function () {
  KSR.sl.send_reply(403, 'No');
  KSR.x.exit();
};
requestCases['a transaction'] = function () {
  see('lookup', function () { return KSR.tm.t_lookup_request() > 0; });
  see('index', function () { return show(KSR.pv.get('$T(id_index)')); });
  see('newtran', function () { return KSR.tm.t_newtran(); });
  see('again', function () { return KSR.tm.t_newtran() < 0; });
  see('lookup', function () { return KSR.tm.t_lookup_request(); });
  see('index', function () { return typeof KSR.pv.get('$T(id_index)'); });
  see('t_reply', function () { return KSR.tm.t_reply(404, 'Not $rU'); });
  see('again', function () { return KSR.tm.t_reply(200, 'OK'); });
};
requestCases['which route runs'] = function () {
  see('request', function () { return KSR.tmx.t_is_request_route(); });
  see('failure', function () { return KSR.tmx.t_is_failure_route(); });
};

function suspended() {
  see('suspend', function () { return KSR.tmx.t_suspend(); });
  KSR.evapi.relay('@id:' + KSR.pv.get('$T(id_index)') + ':' + KSR.pv.get('$T(id_label)'));
}
function RESUME() {
  KSR.evapi.relay('resumed with ' + arguments.length);
  see('method', function () { return KSR.kx.get_method(); });
  see('avp', function () { return KSR.pv.get('$avp(kept)'); });
  see('flag', function () { return KSR.isflagset(4); });
  see('t_reply', function () { return KSR.tm.t_reply(403, 'Resumed $rU'); });
}
function AGAIN() {
  KSR.evapi.relay('resumed, and suspends again');
  suspended();
}
function EXITS() {
  KSR.tm.t_reply(480, 'Then exit');
  KSR.x.exit();
}
function THROWS() {
  KSR.tm.t_reply(481, 'Then an error');
  throw new Error('on purpose');
}
function LATE() {
  KSR.evapi.relay('failure route with ' + arguments.length);
  see('t_reply', function () { return KSR.tm.t_reply(480, 'Too late'); });
  KSR.evapi.relay('failure done');
}
requestCases['suspend and continue'] = function () {
  KSR.pv.sets('$avp(kept)', 'kept');
  KSR.setflag(4);
  see('newtran', function () { return KSR.tm.t_newtran(); });
  suspended();
};
requestCases['suspend without t_newtran'] = suspended;
requestCases['continue from the route itself'] = function () {
  KSR.tm.t_newtran();
  KSR.tmx.t_suspend();
  var index = KSR.pv.get('$T(id_index)');
  var label = KSR.pv.get('$T(id_label)');
  see('continue', function () { return KSR.tmx.t_continue(index, label, 'RESUME'); });
  see('again', function () { return KSR.tmx.t_continue(index, label, 'RESUME'); });
};
requestCases['a failure route'] = function () {
  see('t_on_failure', function () { return KSR.tm.t_on_failure('LATE'); });
  see('t_is_set', function () { return KSR.tm.t_is_set('failure_route'); });
  see('t_set_fr', function () { return KSR.tm.t_set_fr(300, 300); });
  KSR.tm.t_newtran();
  suspended();
};
