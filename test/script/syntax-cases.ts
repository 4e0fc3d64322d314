// Small scripts, and whether Kamailio 5.6.3 takes them: kamailio.test.ts asks it again, and holds the parser against it. Only what is a
// matter of syntax stands here; names, types and numbers of arguments are the compiler's.

export interface SyntaxCase {
  readonly text: string
  /** What Kamailio says. */
  readonly taken: boolean
  /** Where we differ on purpose: why. */
  readonly differs?: string
}

const taken = (text: string): SyntaxCase => ({ text, taken: true })
const refused = (text: string): SyntaxCase => ({ text, taken: false })
const refusedHereOnly = (text: string, differs: string): SyntaxCase => ({ text, taken: true, differs })
const takenHereOnly = (text: string, differs: string): SyntaxCase => ({ text, taken: false, differs })

/** What stands before each case: Kamailio must know the functions and variables. */
export const HEAD = `#!KAMAILIO
listen=udp:127.0.0.1:5060
loadmodule "pv.so" loadmodule "xlog.so" loadmodule "textops.so" loadmodule "tm.so"
`

/** Statements of a request_route. */
const STATEMENTS: readonly SyntaxCase[] = [
  // Ends of statements.
  taken(';;exit;'),
  taken('exit; // c'.concat('\n')),
  taken('exit/* c */;'),
  refused('exit'),
  refused('exit exit;'),
  refused('drop'),
  refused('return 1'),
  refused('is_method("INVITE")'),
  refused('is_method("INVITE") exit;'),
  refused('$var(x) = 1 exit;'),
  refused('xlog("a"), xlog("b");'),
  // Values of return, exit and drop.
  taken('exit(); drop(); return();'),
  taken('exit(1); drop 1; return -1;'),
  taken('return(1)+1;'),
  taken('return ($var(x) == 1);'),
  taken('return"a";'),
  taken('return is_method("INVITE");'),
  refused('break();'),
  refused('continue;'),
  // Blocks.
  refused(''),
  refused('{ exit; }'),
  refused('if (1) { }'),
  refused('while ($var(x)) { }'),
  taken('if (1) { ; } else ;'),
  taken('if (1) { exit; };'),
  refused('if (1) { exit; }; else { drop; }'),
  refused('if (1) { exit; } else { exit; } else { exit; }'),
  // Conditions.
  taken('if 1 exit;'),
  taken('if $var(x) == 1 && $var(y) == 2 exit;'),
  taken('if is_method("INVITE") exit;'),
  taken('if (1) && (2) exit;'),
  taken('if ($var(x) = 1) exit;'),
  taken('if (($var(x) = 1) && ($var(y) = 2)) exit;'),
  refused('if $var(x) = 1 exit;'),
  refused('if (1 = 1) exit;'),
  refused('if () exit;'),
  refused('if (1)'),
  refused('if (1) else exit;'),
  refused('if (1) exit else exit;'),
  refused('else exit;'),
  refused('if (1 { exit; }'),
  taken('if (1) if (2) exit; else drop;'),
  taken('if (1) while(1) if (2) exit; else drop;'),
  taken('if (1) switch(2) { case 1: exit; } else drop;'),
  taken('while 1 exit;'),
  refused('for(;;) { exit; }'),
  // Switches.
  taken('switch($var(x)) { case 1: case 2+3: exit; break; default: }'),
  taken('switch $var(x) { default: exit; case "a" "b": exit; case /"c.*": exit; }'),
  taken('switch($var(x)) { }'),
  taken('switch($var(x)) { case -1: exit; case (2): exit; }; '),
  refused('switch($var(x)) { exit; }'),
  refused('switch($var(x)) { case 1: { exit; } }'),
  refused('switch($var(x)) { case 1 exit; }'),
  refused('switch($var(x)) { case 1, 2: exit; }'),
  refused('switch($var(x)) { case /a.*/: exit; }'),
  refused('switch($var(x)) { default: exit; default: exit; }'),
  refused('switch($var(x)) case 1: exit;'),
  refused('switch(method) { case 1: exit; }'),
  // Calls.
  taken('xlog((1)); xlog("a" + "b"); xlog("a" "b"); xlog(,"a");'),
  refused('xlog("a",);'),
  refused('xlog;'),
  refused('xlog(a);'),
  refused('xlog("a";'),
  refused('is_method("INVITE") == 1;'),
  refused('!is_method("INVITE");'),
  refused('(is_method("INVITE"));'),
  refused('1;'),
  refused('"abc";'),
  refused('$var(x);'),
  taken('force_rport; force_rport();'),
  taken('force_send_socket(udp:127.0.0.1:5060);'),
  taken('route(1); route(X); route("X"); route("a" + "b"); route($var(x)); route(1+1);'),
  refused('route(X Y);'),
  refused('route(X-Y);'),
  refused('route(1A);'),
  taken('$var(x) = route(X); if (!route(X)) exit;'),
  // Assignments.
  taken('$var(x)=1;;;exit;'),
  taken('$(var(x)) = 1; $(avp(x)[*]) = $null;'),
  taken('$var(x) = ($var(y) = 1);'),
  refused('$var(x) = $var(y) = 1;'),
  refused('$(var(x){s.len}) = 1;'),
  refused('$var(x) .= "a";'),
  refused('$var(x) := 1;'),
  refused('$var(x) ++;'),
  refused('"a" = 1;'),
  takenHereOnly('$var(x) += 1;', 'later Kamailios have it'),
  // Expressions.
  taken('$var(x) = -1; $var(x) = - 1; $var(x) = ~1; $var(x) = !~1; $var(x) = --1;'),
  taken('$var(x) = 1 and 2 or not 3; $var(x) = 7 mod 2;'),
  taken('$var(x) = "a" eq "b"; $var(x) = "a" ne "b"; $var(x) = 1 ieq 2; $var(x) = 1 ine 2;'),
  taken('$var(x) = 1 | 2 & 3 ^ 4 << 1 >> 2;'),
  taken('$var(x) = (int)"5" + 1; $var(x) = (str) 5;'),
  taken('$var(x) = defined $var(y) && !defined($var(z)); $var(x) = strlen("a") + strempty("");'),
  taken('$var(x) = yes; $var(x) = off;'),
  taken('$var(x) = @ruri; $var(x) = @msg.header.x[1] + "a"; $var(x) = @hf["x"].y;'),
  refused('$var(x) = +1;'),
  refused('$var(x) = 1 +;'),
  refused('$var(x) = (1;'),
  refused('$var(x) = 1);'),
  refused('$var(x) = ;'),
  refused('$var(x = 1;'),
  refused('$var(x) = 1 AND 2;'),
  refused('$var(x) = 1 seq 2;'),
  refused('$var(x) = 1 <> 2;'),
  refused('$var(x) = 1 === 2;'),
  refused('$var(x) = 1 ? 2 : 3;'),
  refused('$var(x) = strlen "a";'),
  refused('$var(x) = TCP;'),
  refused('$var(x) = 1.5;'),
  refused('$var(x) = 12abc;'),
  refused('$var(x) = 08;'),
  refused('$var(x) = 0b101;'),
  taken('$var(x) = 0x1F; $var(x) = 017; $var(x) = 101b;'),
  takenHereOnly('$var(x) = 7 % 2;', 'it is written mod there'),
  takenHereOnly('$var(x) = "a" !~ "b";', 'it is written !(... =~ ...) there'),
  // Strings.
  taken('$var(x) = "abc\ndef";'),
  taken('$var(x) = "a\\"b\\x41\\101\\q" "c"\n"d";'),
  taken("$var(x) = 'a\\';"),
  refused("$var(x) = 'a' 'b';"),
  refused('$var(x) = "a" \'b\';'),
  refused('$var(x) = "abc;'),
  // What the core language has names for.
  taken(
    'if (method == "INVITE" || method == ACK) exit; if (method =~ "INV") exit; if (!method == FOO) exit;',
  ),
  taken(
    'if (uri == myself) exit; if (myself == uri) exit; if (from_uri != myself) exit; if (uri=~"x") exit;',
  ),
  taken(
    'if (src_ip == 10.0.0.0/8) exit; if (dst_ip != ::1) exit; if (src_ip == [::1]) exit; if (src_ip == localhost) exit;',
  ),
  taken(
    'if (src_port == 1 + 2) exit; if (dst_port >= 5060) exit; if (msg:len > 100) exit; if (af == INET6) exit;',
  ),
  taken('if (proto == UDP || proto == wss) exit; if (proto != "tcp") exit;'),
  taken('if (status == 200) exit; if (status =~ "2..") exit;'),
  refused('if (method) exit;'),
  refused('if (uri) exit;'),
  refused('if ("INVITE" == method) exit;'),
  refused('if (METHOD == "INVITE") exit;'),
  refused('if (status > 200) exit;'),
  refused('if (src_ip == 1.2.3) exit;'),
  refused('if (src_ip == (1.2.3.4)) exit;'),
  refused('if (src_port =~ "5") exit;'),
  refused('if (proto == FOO) exit;'),
  refused('if (dst_ip == src_ip) exit;'),
  refused('if (msg : len == 5 + ) exit;'),
]

/** What stands outside of routes, too. */
const ITEMS: readonly SyntaxCase[] = [
  taken('; route { exit; } ;'),
  taken('route{exit;}route[A]{exit;}'),
  taken('debug=1; memdbg=-2 route { exit; }'),
  taken('log_stderror=yes log_facility=LOG_LOCAL0 route { exit; }'),
  refused('debug 1\nroute { exit; }'),
  refused('debug==1\nroute { exit; }'),
  refused('debug=1+1\nroute { exit; }'),
  refused('=1\nroute { exit; }'),
  refused('debug=\nroute { exit; }'),
  taken('alias=a.com b.com:5060 "c.com" alias=udp:"d.com":5060\nroute { exit; }'),
  refused('alias=a.com,b.com\nroute { exit; }'),
  refused('alias=*.a.com\nroute { exit; }'),
  taken(
    'listen= udp : 127.0.0.1 : 5070 udp:127.0.0.1:5071 advertise 10.0.0.1:5060 name "s"\nroute { exit; }',
  ),
  refused('listen=udp:127.0.0.1:5070, udp:127.0.0.1:5071\nroute { exit; }'),
  refused('listen=udp:\nroute { exit; }'),
  taken('g.x=1 g . y = "a" "b" desc "c" "d" g[1].y=yes g.z=\'q\'; route { exit; }'),
  refused('g.x=foo\nroute { exit; }'),
  refused('g.x=1+1\nroute { exit; }'),
  refused('g.x=1 desc\nroute { exit; }'),
  refused('g.x.y=1\nroute { exit; }'),
  taken('flags ONE, TWO:2; avpflags X\nroute { setflag(ONE); }'),
  taken('loadmodule \'htable\'; loadmodulex "dialog.so" route { exit; }'),
  refused('loadmodule("htable.so") route { exit; }'),
  refused('loadmodule htable route { exit; }'),
  taken('modparam("tm|", \'fr_timer\', -1) modparamx("tm", "fr_timer", yes); route { exit; }'),
  refused('modparam "tm", "fr_timer", 1\nroute { exit; }'),
  refused('modparam("tm", fr_timer, 1)\nroute { exit; }'),
  refused('modparam("tm", "fr_timer", 1+1)\nroute { exit; }'),
  refused('modparam("tm", "fr_timer" 1)\nroute { exit; }'),
  taken(
    'route { exit; } route [X] { exit; } route[ "Y z" ] { exit; } route[\'W\'] { exit; } route[1] { exit; }',
  ),
  refused('route { exit; } route[] { exit; }'),
  refused('route { exit; } route[A B] { exit; }'),
  refused('route { exit; } route[A-B] { exit; }'),
  refused('route { exit; } route[1A] { exit; }'),
  refused('route { exit; } route[-1] { exit; }'),
  refused('route[X] { exit; } route[X] { exit; } route { exit; }'),
  taken('request_route { exit; } route { exit; }'),
  refused('request_route[X] { exit; }'),
  refused('REQUEST_ROUTE { exit; }'),
  taken(
    'route { exit; } failure_route[X] { exit; } branch_route[X] { drop; } onreply_route[X] { drop; } reply_route { drop; } onsend_route { drop; }',
  ),
  taken(
    'route { exit; } event_route[a.b:c-d:e_F] { exit; } event_route ["x:y"] { exit; } event_route[ tm:local-request ] { exit; }',
  ),
  refused('route { exit; } event_route { exit; }'),
  refused('route { exit; } event_route[htable] { exit; }'),
  refused('route { exit; } event_route[tm : local-request] { exit; }'),
  refused('route { exit; } foo { exit; }'),
  refused('route { exit; } }'),
  refused('route { if (1) { exit; }'),
  taken('/* a /* b */ c */ route { exit; }'),
  refusedHereOnly('route { exit; }\n/* a /* b */ ', 'Kamailio only logs that a comment is open at the end'),
]

/** The preprocessor. */
const DIRECTIVES: readonly SyntaxCase[] = [
  taken('#!define A exit\nroute { A; #!define B drop\nB; }'),
  taken('   !!define A exit;\\\n drop\nroute { A; }'),
  refused('# !define A exit\nroute { A; }'),
  refused('#!define A 1\n#!define A 2\nroute { exit; }'),
  taken('#!define A 1\n#!trydef A 2\n#!redef A exit\n#!redefine A drop\nroute { A; }'),
  taken('#!define A\nroute { exit A; A exit; }'),
  taken('#!define exit nosuch\nroute { exit; }'),
  refused('#!define a-b exit\nroute { exit; }'),
  taken('#!ifdef NO\n"unclosed {{\n#!ifndef X\n#!endif\n#!else\nroute { exit; }\n#!endif'),
  taken('#!ifdef NO\nfoo #!endif\nroute { exit; }'),
  taken('#!else\nroute { exit; }'),
  refused('#!endif\nroute { exit; }'),
  refused('route { exit; }\n#!ifdef KAMAILIO\n'),
  taken('#!ifdef MOD_pv\nroute { exit; }\n#!endif\n#!ifdef MOD_htable\n}}}\n#!endif'),
  taken('#!ifdef KAMAILIO_5_6\nroute { exit; }\n#!endif'),
  taken('#!subst "/a/b/"\n#!substdef "!A!exit!g"\n#!substdefs \'/B/b/\'\nroute { A; log(B); }'),
  refused('#!subst "/a/b"\nroute { exit; }'),
  refused('#!subst "/(a/b/"\nroute { exit; }'),
  refused('#!subst /a/b/\nroute { exit; }'),
  refused('#!define A 1\n#!substdef "!A!2!g"\nroute { exit; }'),
  refused('#!defenv EVAPID_NOT_SET\nroute { exit; }'),
  taken('#!trydefenv EVAPID_NOT_SET\n#!defenvs HOME\nroute { log(HOME); }'),
  taken('import_file "nosuch.cfg" !!import_file "nosuch.cfg"\nroute { exit; }'),
  refused('include_file "nosuch.cfg"\nroute { exit; }'),
  refused('import_file nosuch.cfg\nroute { exit; }'),
  refused("import_file 'nosuch.cfg'\nroute { exit; }"),
  refused('import_file "nosuch.cfg";\nroute { exit; }'),
]

export const SYNTAX_CASES: readonly SyntaxCase[] = [
  ...STATEMENTS.map((each) => ({ ...each, text: `route { ${each.text} }` })),
  ...ITEMS,
  ...DIRECTIVES,
  // Kamailio does not see a directive in a last line that has no end.
].map((each) => ({ ...each, text: `${each.text}\n` }))
