// What KEMI scripts have, for TypeScript. Made of the module registry by `npm run kemi:types`: do not edit.
//
// In a script: /// <reference types="evapid/kemi" />

export {}

declare global {
  /** What a variable says: a text, a number, or null for $null. */
  type KemiValue = string | number | null

  /** Writes a line to the log. */
  function print(...values: unknown[]): void

  // As the libraries of browsers and of Node declare it, so that it may stand beside theirs.
  interface Console {
    /** As print(). */
    log(...values: unknown[]): void
    info(...values: unknown[]): void
    debug(...values: unknown[]): void
    warn(...values: unknown[]): void
    error(...values: unknown[]): void
  }
  var console: Console

  /** Kamailio, as evapid has it. */
  const KSR: KSR

  interface KSR {
    readonly app_jsdt: KSR_app_jsdt
    readonly cfgutils: KSR_cfgutils
    readonly corex: KSR_corex
    /** Writes a line to the log at level fatal, as it is: no pseudo-variable in it is expanded. */
    crit(txt: string | number): false
    /** Writes a line to the log at level debug, as it is: no pseudo-variable in it is expanded. */
    dbg(txt: string | number): false
    /** Writes a line to the log at level error, as it is: no pseudo-variable in it is expanded. */
    err(txt: string | number): false
    readonly evapi: KSR_evapi
    /** Replies over UDP go to the port that the request came from, also where the client has not asked for that (RFC 3581). */
    force_rport(): boolean
    readonly hdr: KSR_hdr
    readonly htable: KSR_htable
    /** Writes a line to the log at level info, as it is: no pseudo-variable in it is expanded. */
    info(txt: string | number): false
    /** Whether the method of the request is ACK. */
    is_ACK(): boolean
    /** Whether the method of the request is BYE. */
    is_BYE(): boolean
    /** Whether the method of the request is CANCEL. */
    is_CANCEL(): boolean
    /** Whether the method of the request is DELETE. */
    is_DELETE(): boolean
    /** Whether the method of the request is GET. */
    is_GET(): boolean
    /** Whether the method of the request is INFO. */
    is_INFO(): boolean
    /** Whether the method of the request is INVITE. */
    is_INVITE(): boolean
    /** Whether the request came over IPv4. */
    is_IPv4(): boolean
    /** Whether the request came over IPv6. */
    is_IPv6(): boolean
    /** Whether the method of the request is KDMQ. */
    is_KDMQ(): boolean
    /** Whether the method of the request is MESSAGE. */
    is_MESSAGE(): boolean
    /** Whether the method of the request is NOTIFY. */
    is_NOTIFY(): boolean
    /** Whether the method of the request is OPTIONS. */
    is_OPTIONS(): boolean
    /** Whether the method of the request is POST. */
    is_POST(): boolean
    /** Whether the method of the request is PRACK. */
    is_PRACK(): boolean
    /** Whether the method of the request is PUBLISH. */
    is_PUBLISH(): boolean
    /** Whether the method of the request is PUT. */
    is_PUT(): boolean
    /** Whether the method of the request is REFER. */
    is_REFER(): boolean
    /** Whether the method of the request is REGISTER. */
    is_REGISTER(): boolean
    /** Whether the request came over SCTP: never here. */
    is_SCTP(): boolean
    /** Whether the method of the request is SUBSCRIBE. */
    is_SUBSCRIBE(): boolean
    /** Whether the request came over TCP. */
    is_TCP(): boolean
    /** Whether the request came over TLS: never here. */
    is_TLS(): boolean
    /** Whether the request came over UDP. */
    is_UDP(): boolean
    /** Whether the method of the request is UPDATE. */
    is_UPDATE(): boolean
    /** Whether the request came over WebSocket: never here. */
    is_WS(): boolean
    /** Whether the request came over WebSocket and TLS: never here. */
    is_WSS(): boolean
    /** Whether the request came over WebSocket, with or without TLS: never here. */
    is_WSX(): boolean
    /** Whether the request was received at this port. */
    is_dst_port(vport: number): boolean
    /** Whether the request has one of these methods, written with | between them. */
    is_method(methods: string | number): boolean
    /** Whether the method of the request is one of those that the letters say: I INVITE, A ACK, B BYE, C CANCEL, R REGISTER, M MESSAGE, O OPTIONS, S SUBSCRIBE, P PUBLISH, N NOTIFY, U UPDATE, K KDMQ, G GET, T POST, V PUT, D DELETE, E PRACK, F REFER. */
    is_method_in(vmethod: string | number): boolean
    /** Whether a URI, or a host with or without a port, names an address that SIP is listened on, or an alias. */
    is_myself(uri: string | number): boolean
    /** is_myself() of the destination. */
    is_myself_duri(): boolean
    /** is_myself() of the URI in From. */
    is_myself_furi(): boolean
    /** is_myself() of the destination, or of the Request-URI when there is none. */
    is_myself_nhuri(): boolean
    /** is_myself() of the Request-URI. */
    is_myself_ruri(): boolean
    /** is_myself() of the address that the request came from. */
    is_myself_srcip(): boolean
    /** is_myself() of the address and port that the request came from. */
    is_myself_suri(): boolean
    /** is_myself() of the URI in To. */
    is_myself_turi(): boolean
    /** Whether the request came over one of the protocols that the letters say: u UDP, t TCP, s TLS, w WebSocket. */
    is_proto(sproto: string | number): boolean
    /** Whether the request came from this port. */
    is_src_port(vport: number): boolean
    /** Whether a flag of that branch is set. */
    isbflagset(flag: number): boolean
    /** Whether a flag of a branch is set: 0 is the only one. */
    isbiflagset(flag: number, branch: number): boolean
    /** Whether there is a URI of a next hop. */
    isdsturiset(): boolean
    /** Whether a flag of the message is set. */
    isflagset(flag: number): boolean
    /** Whether a flag of the script is set ($sf). */
    issflagset(flag: number): boolean
    readonly jansson: KSR_jansson
    readonly jsonrpcs: KSR_jsonrpcs
    readonly kx: KSR_kx
    /** Writes a line to the log. level: dbg, info, notice, warn, crit; any other is err. */
    log(level: string | number, txt: string | number): false
    readonly maxfwd: KSR_maxfwd
    readonly mqueue: KSR_mqueue
    /** Writes a line to the log at level info, as it is: no pseudo-variable in it is expanded. */
    notice(txt: string | number): false
    readonly pv: KSR_pv
    readonly pvx: KSR_pvx
    /** Resets a flag of that branch. */
    resetbflag(flag: number): boolean
    /** Resets a flag of a branch: 0 is the only one. */
    resetbiflag(flag: number, branch: number): boolean
    /** Removes the URI of the next hop. */
    resetdsturi(): boolean
    /** Resets a flag of the message. */
    resetflag(flag: number): boolean
    /** Resets a flag of the script ($sf). */
    resetsflag(flag: number): boolean
    readonly sanity: KSR_sanity
    /** As in Kamailio, where it keeps a message from being forwarded once the route ends; none is here. The route goes on. */
    set_drop(): false
    /** Sets a flag of the branch that the request itself is ($bf). */
    setbflag(flag: number): boolean
    /** Sets a flag of a branch: 0 is the only one. */
    setbiflag(flag: number, branch: number): boolean
    /** Sets the URI of the next hop ($du). */
    setdsturi(uri: string | number): boolean
    /** Sets a flag of the message ($mf). */
    setflag(flag: number): boolean
    /** Changes the host of the Request-URI. */
    sethost(host: string | number): boolean
    /** Sets a flag of the script ($sf). */
    setsflag(flag: number): boolean
    /** Puts a URI in place of the Request-URI ($ru). */
    seturi(uri: string | number): boolean
    /** Changes the user of the Request-URI. */
    setuser(user: string | number): boolean
    readonly siputils: KSR_siputils
    readonly sl: KSR_sl
    readonly statistics: KSR_statistics
    readonly textops: KSR_textops
    readonly tm: KSR_tm
    readonly tmx: KSR_tmx
    readonly uuid: KSR_uuid
    /** Writes a line to the log at level warn, as it is: no pseudo-variable in it is expanded. */
    warn(txt: string | number): false
    readonly x: KSR_x
    readonly xlog: KSR_xlog
  }
  interface KSR_app_jsdt {
    /** Calls a function of the script that runs. False when there is none, or it throws. */
    run(func: string | number, p1?: string | number, p2?: string | number, p3?: string | number): number
    /** Calls a function of the script with an argument. */
    run_p1(func: string | number, p1: string | number): number
    /** Calls a function of the script with two arguments. */
    run_p2(func: string | number, p1: string | number, p2: string | number): number
    /** Calls a function of the script with three arguments. */
    run_p3(func: string | number, p1: string | number, p2: string | number, p3: string | number): number
  }
  interface KSR_cfgutils {
    /** Refused: it would stop every client and every request. Instead: stop the daemon from outside. */
    abort(): number
    /** Whether there is a route[name]. */
    check_route_exists(route: string | number): number
    /** Kamailio's hash of two texts, of which the second may be empty: from 1 to 2^size. */
    core_hash(one: string | number, other: string | number, size: number): number
    /** Takes a lock; always at once. */
    lock(key: string | number): number
    /** True as often as the probability says. */
    rand_event(): number
    /** The probability in percent. At 0 the script ends, as it does in Kamailio. */
    rand_get_prob(): number
    /** Sets the probability back to initial_probability. */
    rand_reset_prob(): number
    /** Sets how often rand_event() is true, in percent. */
    rand_set_prob(percent: number): number
    /** Refused: it would stop every client and every request. Instead: suspend the request (evapi_async_relay, t_suspend), or let rtimer run a route. */
    sleep(seconds: number): number
    /** Takes a lock if it is free; it always is. */
    trylock(key: string | number): number
    /** Frees a lock. */
    unlock(key: string | number): number
    /** Refused: it would stop every client and every request. Instead: suspend the request (evapi_async_relay, t_suspend), or let rtimer run a route. */
    usleep(microseconds: number): number
  }
  interface KSR_corex {
    /** Whether the Request-URI has a user. */
    has_ruri_user(): number
    /** Whether the request has a User-Agent that says something. */
    has_user_agent(): number
    /** Whether the message is one that was made up for an event: none is here. */
    is_faked_msg(): number
    /** Whether an extended flag is set. */
    isxflagset(flag: number): number
    /** Resets an extended flag. */
    resetxflag(flag: number): number
    /** Sets an extended flag, 0 to 63. */
    setxflag(flag: number): number
  }
  interface KSR_evapi {
    /** As evapi_async_relay, to every client whose tag is etag. */
    async_multicast(evdata: string | number, etag: string | number): number
    /** Suspends the request, with a transaction if it has none, then evaluates evdata and sends it to every client. False, and not suspended, when one of these cannot be done. */
    async_relay(evdata: string | number): number
    /** As evapi_async_relay, to the client tagged etag with the lowest connection index. */
    async_unicast(evdata: string | number, etag: string | number): number
    /** Closes the current client. False when there is none. */
    close(): number
    /** Sends evdata to every client, the sender included. False when it is empty or context_mlimit is reached. */
    relay(evdata: string | number): number
    /** Sends evdata to every client whose tag is etag. False when either is empty or no client has the tag. */
    relay_multicast(evdata: string | number, etag: string | number): number
    /** Sends evdata to the client tagged etag with the lowest connection index. False as evapi_multicast. */
    relay_unicast(evdata: string | number, etag: string | number): number
    /** Sets the tag of the current client, at most 63 bytes; "" clears it. False when there is none or it is too long. */
    set_tag(tname: string | number): number
  }
  interface KSR_hdr {
    /** Header lines after the last one of the request: has no effect: no request is forwarded. False when there is none. */
    append(txt: string | number): number
    /** Header lines after a header: has no effect: no request is forwarded. False when there is none. */
    append_after(txt: string | number, hname: string | number): number
    /** Appends header lines, each with its CRLF, to the replies to this request. False when they are no header lines, or lines that every reply has by itself. */
    append_to_reply(txt: string | number): number
    /** The first line of a header; null when there is none. */
    get(hname: string | number): KemiValue
    /** A line of a header by its number, from 0; from the end if negative. Null when there is none. */
    get_idx(hname: string | number, idx: number): KemiValue
    /** The first line of a header; an empty text when there is none. */
    gete(hname: string | number): KemiValue
    /** As get_idx(); an empty text when there is none. */
    gete_idx(hname: string | number, idx: number): KemiValue
    /** The first line of a header; the text `<null>` when there is none. */
    getw(hname: string | number): KemiValue
    /** As get_idx(); the text `<null>` when there is none. */
    getw_idx(hname: string | number, idx: number): KemiValue
    /** Header lines before the first one of the request: has no effect: no request is forwarded. False when there is none. */
    insert(txt: string | number): number
    /** Header lines before a header: has no effect: no request is forwarded. False when there is none. */
    insert_before(txt: string | number, hname: string | number): number
    /** Whether the request has a header. */
    is_present(hname: string | number): number
    /** Compares a header with a text, without regard to case. op: eq, ne, sw (starts with) or in (contains). hi, which lines: f the first, l the last, a all, o one of them. */
    match_content(hname: string | number, op: string | number, mval: string | number, hi: string | number): boolean
    /** Takes a header out of the request: has no effect: no request is forwarded. False when there is none. */
    remove(hname: string | number): number
    /** Takes a header out and appends lines: has no effect: no request is forwarded. False when there is none. */
    rmappend(hrm: string | number, hadd: string | number): number
    /** Takes a header out and inserts lines: has no effect: no request is forwarded. False when there is none. */
    rminsert(hrm: string | number, hadd: string | number): number
  }
  interface KSR_htable {
    /** Takes 1 from the number of a key. What it is then; -255 when it is no number. */
    sht_dec(htname: string | number, itname: string | number): number
    /** The value of a key; null when there is none. */
    sht_get(htname: string | number, itname: string | number): KemiValue
    /** The value of a key; an empty text when there is none. */
    sht_gete(htname: string | number, itname: string | number): KemiValue
    /** The value of a key; <null> when there is none. */
    sht_getw(htname: string | number, itname: string | number): KemiValue
    /** Adds 1 to the number of a key. What it is then; -255 when it is no number. */
    sht_inc(htname: string | number, itname: string | number): number
    /** 1: the key has no value; -1: it has one; 2: there is no such table. */
    sht_is_null(htname: string | number, itname: string | number): number
    /** Forgets an iterator. False when there is none of that name. */
    sht_iterator_end(iname: string | number): number
    /** Goes to the next item. False when there is none. */
    sht_iterator_next(iname: string | number): number
    /** Removes the item where an iterator stands; sht_iterator_next goes to the one after it. */
    sht_iterator_rm(iname: string | number): number
    /** Gives the item where an iterator stands so many seconds. */
    sht_iterator_setex(iname: string | number, exval: number): number
    /** Gives the item where an iterator stands a number. */
    sht_iterator_seti(iname: string | number, val: number): number
    /** Gives the item where an iterator stands a text. */
    sht_iterator_sets(iname: string | number, val: string | number): number
    /** Begins to walk over a table; sht_iterator_next goes to the first item. False when there is no such table. */
    sht_iterator_start(iname: string | number, htname: string | number): number
    /** Has no effect: scripts run one after the other. */
    sht_lock(htname: string | number, itname: string | number): number
    /** Whether the key of any item matches: op is eq, ne, sw (starts with) or re (a regular expression). */
    sht_match_name(htname: string | number, op: string | number, val: string | number): number
    /** As sht_match_name, by values that are texts. */
    sht_match_str_value(htname: string | number, op: string | number, val: string | number): number
    /** Removes all items of a table. 0; -1 when there is no such table. */
    sht_reset(htname: string | number): number
    /** Removes a key. False only when there is no such table. */
    sht_rm(htname: string | number, itname: string | number): number
    /** Removes the items whose keys match: op is re (a regular expression) or sw (starts with). */
    sht_rm_name(htname: string | number, op: string | number, val: string | number): number
    /** Removes the items whose keys match a regular expression. */
    sht_rm_name_re(htname: string | number, regex: string | number): number
    /** As sht_rm_name, by values that are texts. */
    sht_rm_value(htname: string | number, op: string | number, val: string | number): number
    /** Removes the items whose values are texts that match a regular expression. */
    sht_rm_value_re(htname: string | number, regex: string | number): number
    /** Gives a key so many seconds. One that is not there stays so. */
    sht_setex(htname: string | number, itname: string | number, exval: number): number
    /** Gives a key a number. */
    sht_seti(htname: string | number, itname: string | number, itval: number): number
    /** Gives a key a text. */
    sht_sets(htname: string | number, itname: string | number, itval: string | number): number
    /** Gives a key a number for so many seconds. */
    sht_setxi(htname: string | number, itname: string | number, itval: number, exval: number): number
    /** Gives a key a text for so many seconds. */
    sht_setxs(htname: string | number, itname: string | number, itval: string | number, exval: number): number
    /** Has no effect, as sht_lock. */
    sht_unlock(htname: string | number, itname: string | number): number
  }
  interface KSR_jansson {
    /** As jansson_set, but adds the value to the array at path, or the members of an object to the object there. */
    append(type: string | number, path: string | number, value: string | number, dst: `$${string}`): number
    /** Assigns to dst how many elements the array at path in the JSON text src has. False when there is no array. */
    array_size(path: string | number, src: string | number, dst: `$${string}`): number
    /** Assigns to dst what path leads to in the JSON text src. False when src is no JSON object or array, and when nothing is there. */
    get(path: string | number, src: string | number, dst: `$${string}`): number
    /** As jansson_get, with the arguments in another order. */
    get_field(src: string | number, field: string | number, dst: `$${string}`): number
    /** As jansson_get; src is the pseudo-variable that holds the JSON text. */
    pv_get(path: string | number, src: `$${string}`, dst: `$${string}`): number
    /** Puts a value (type: string, integer, real, object, array, true, false, null) at path into the JSON text that dst holds. False, and dst is as it was, when that cannot be. */
    set(type: string | number, path: string | number, value: string | number, dst: `$${string}`): number
    /** Makes an $xavp of the members of the JSON object src, of each object if it is an array of them. False when src is no JSON. */
    xdecode(src: string | number, xavp: string | number): number
    /** Assigns to dst the fields of an $xavp as a JSON object. False when there is no such $xavp with fields. */
    xencode(xavp: string | number, dst: `$${string}`): number
  }
  interface KSR_jsonrpcs {
    /** False: requests over HTTP are the gateway's. */
    dispatch(): number
    /** Calls a method: cmd is a request of JSON-RPC. What came of it is in $jsonrpl. False when cmd is no JSON. */
    exec(cmd: string | number): number
    /** As exec. */
    execx(cmd: string | number): number
    /** The reply to the last call; an empty text before the first. */
    response(): KemiValue
  }
  interface KSR_kx {
    /** The user name in Authorization or Proxy-Authorization; null when there is none. */
    get_au(): KemiValue
    /** The body; null when there is none. */
    get_body(): KemiValue
    /** How many bytes the body has. */
    get_bodylen(): number
    /** Call-ID; null when there is none. */
    get_callid(): KemiValue
    /** The URI in the first Contact; null when there is none. */
    get_cturi(): KemiValue
    /** What #!define in the kamailio.cfg that loads the script, or -A on the command line, says of a name; an empty text when nothing does. */
    get_def(dname: string | number): KemiValue
    /** As get_def(), as a number; 0 when it is none. */
    get_defn(dname: string | number): number
    /** The destination that stands over the Request-URI; null when there is none. */
    get_duri(): KemiValue
    /** A variable of the environment; an empty text when there is none. */
    get_env(vname: string | number): KemiValue
    /** A variable of the environment as a number; 0 when it is none. */
    get_envn(vname: string | number): number
    /** The host in From; null when there is none. */
    get_fhost(): KemiValue
    /** The URI in From; null when there is none. */
    get_furi(): KemiValue
    /** The user in From; null when there is none. */
    get_fuser(): KemiValue
    /** The method; null when there is none. */
    get_method(): KemiValue
    /** The whole request; null when there is none. */
    get_msgbuf(): KemiValue
    /** How many bytes the request has. */
    get_msglen(): number
    /** 1 for a request; 0 when there is none. */
    get_msgtype(): number
    /** The next hop: the destination if there is one, else the Request-URI; null when there is none. */
    get_nhuri(): KemiValue
    /** The Request-URI as it came; null when there is none. */
    get_ouri(): KemiValue
    /** `udp` or `tcp`; null when there is none. */
    get_proto(): KemiValue
    /** 1 for UDP, 2 for TCP, 0 for neither. */
    get_protoid(): number
    /** What received the request, as `udp:127.0.0.1:5060`; null when there is none. */
    get_rcvaddr_sock(): KemiValue
    /** The address that received the request: none other is advertised; null when there is none. */
    get_rcvadvip(): KemiValue
    /** The port that received the request: none other is advertised; null when there is none. */
    get_rcvadvport(): KemiValue
    /** The address that received the request; null when there is none. */
    get_rcvip(): KemiValue
    /** The port that received the request; null when there is none. */
    get_rcvport(): KemiValue
    /** The host in the Request-URI; null when there is none. */
    get_rhost(): KemiValue
    /** The Request-URI, as routes have changed it; null when there is none. */
    get_ruri(): KemiValue
    /** The user in the Request-URI; null when there is none. */
    get_ruser(): KemiValue
    /** Where the request came from, as `udp:127.0.0.1:5060`; null when there is none. */
    get_srcaddr_sock(): KemiValue
    /** The address that the request came from; null when there is none. */
    get_srcip(): KemiValue
    /** The port that the request came from; null when there is none. */
    get_srcport(): KemiValue
    /** Where the request came from, as a URI; null when there is none. */
    get_srcuri(): KemiValue
    /** The host in To; null when there is none. */
    get_thost(): KemiValue
    /** The time in seconds since 1970. */
    get_timestamp(): number
    /** The URI in To; null when there is none. */
    get_turi(): KemiValue
    /** The user in To; null when there is none. */
    get_tuser(): KemiValue
    /** User-Agent; null when there is none. */
    get_ua(): KemiValue
    /** The user name in Authorization or Proxy-Authorization; an empty text when there is none. */
    gete_au(): KemiValue
    /** The body; an empty text when there is none. */
    gete_body(): KemiValue
    /** The URI in the first Contact; an empty text when there is none. */
    gete_cturi(): KemiValue
    /** The destination that stands over the Request-URI; an empty text when there is none. */
    gete_duri(): KemiValue
    /** The host in From; an empty text when there is none. */
    gete_fhost(): KemiValue
    /** The user in From; an empty text when there is none. */
    gete_fuser(): KemiValue
    /** The host in the Request-URI; an empty text when there is none. */
    gete_rhost(): KemiValue
    /** The user in the Request-URI; an empty text when there is none. */
    gete_ruser(): KemiValue
    /** The host in To; an empty text when there is none. */
    gete_thost(): KemiValue
    /** The user in To; an empty text when there is none. */
    gete_tuser(): KemiValue
    /** User-Agent; an empty text when there is none. */
    gete_ua(): KemiValue
    /** The user name in Authorization or Proxy-Authorization; the text `<null>` when there is none. */
    getw_au(): KemiValue
    /** The body; the text `<null>` when there is none. */
    getw_body(): KemiValue
    /** The URI in the first Contact; the text `<null>` when there is none. */
    getw_cturi(): KemiValue
    /** The destination that stands over the Request-URI; the text `<null>` when there is none. */
    getw_duri(): KemiValue
    /** The host in From; the text `<null>` when there is none. */
    getw_fhost(): KemiValue
    /** The user in From; the text `<null>` when there is none. */
    getw_fuser(): KemiValue
    /** The host in the Request-URI; the text `<null>` when there is none. */
    getw_rhost(): KemiValue
    /** The user in the Request-URI; the text `<null>` when there is none. */
    getw_ruser(): KemiValue
    /** The host in To; the text `<null>` when there is none. */
    getw_thost(): KemiValue
    /** The user in To; the text `<null>` when there is none. */
    getw_tuser(): KemiValue
    /** User-Agent; the text `<null>` when there is none. */
    getw_ua(): KemiValue
    /** Whether a name is defined. */
    ifdef(dname: string | number): boolean
    /** Whether a name is not defined. */
    ifndef(dname: string | number): boolean
  }
  interface KSR_maxfwd {
    /** Whether Max-Forwards is less than max_value. -2 when there is none. */
    is_maxfwd_lt(max_value: number): number
    /** Counts Max-Forwards down by one, or begins with max_value where there is none (2). -1 when it is 0: the request may go no further. */
    process_maxfwd(max_value: number): number
  }
  interface KSR_mqueue {
    /** Adds a key and a value at the end of a queue; of a full one the oldest goes. False when there is no such queue. */
    mq_add(queue: string | number, key: string | number, value: string | number): number
    /** Takes the oldest from a queue into $mqk and $mqv. False: -2 when the queue is empty, -1 when there is none. */
    mq_fetch(queue: string | number): number
    /** Forgets what was fetched last. */
    mq_pv_free(queue: string | number): number
    /** How many are in a queue; -1 when there is none. */
    mq_size(queue: string | number): number
    /** The key that was fetched last; null when there is none. */
    mqk_get(queue: string | number): KemiValue
    /** The key that was fetched last; null when there is none. */
    mqk_gete(queue: string | number): KemiValue
    /** The key that was fetched last; null when there is none. */
    mqk_getw(queue: string | number): KemiValue
    /** The value that was fetched last; null when there is none. */
    mqv_get(queue: string | number): KemiValue
    /** The value that was fetched last; null when there is none. */
    mqv_gete(queue: string | number): KemiValue
    /** The value that was fetched last; null when there is none. */
    mqv_getw(queue: string | number): KemiValue
  }
  interface KSR_pv {
    /** The value: text, a number, or null for $null. */
    get(pv: `$${string}`): KemiValue
    /** The value; an empty text for $null. */
    gete(pv: `$${string}`): KemiValue
    /** The value as a number; 0 for $null and for what is none. */
    geti(pv: `$${string}`): KemiValue
    /** The value; the number vn for $null. */
    getvn(pv: `$${string}`, vn: number): KemiValue
    /** The value; the text vs for $null. */
    getvs(pv: `$${string}`, vs: string | number): KemiValue
    /** The value; the text `<null>` for $null. */
    getw(pv: `$${string}`): KemiValue
    /** Whether the value is $null. */
    is_null(pv: `$${string}`): boolean
    /** Assigns a number. False when that cannot be done now. */
    seti(pv: `$${string}`, val: number): boolean
    /** Assigns a text, as it is: no pseudo-variable in it is expanded. False when that cannot be done now. */
    sets(pv: `$${string}`, val: string | number): boolean
    /** Assigns $null. */
    unset(pv: `$${string}`): boolean
  }
  interface KSR_pvx {
    /** The value of an $avp; null when there is none. */
    avp_get(name: string | number): KemiValue
    /** The value of an $avp; an empty text when there is none. */
    avp_gete(name: string | number): KemiValue
    /** The value of an $avp; the text `<null>` when there is none. */
    avp_getw(name: string | number): KemiValue
    /** Whether an $avp has no value. */
    avp_is_null(name: string | number): number
    /** Takes the newest value of an $avp away. */
    avp_rm(name: string | number): number
    /** Assigns a number to an $avp. */
    avp_seti(name: string | number, val: number): number
    /** Assigns a text to an $avp. */
    avp_sets(name: string | number, val: string | number): number
    /** Assigns a text in which pseudo-variables are expanded. */
    evalx(dst: `$${string}`, fmt: string | number): number
    /** The value of a $shv; null when there is none. */
    shv_get(name: string | number): KemiValue
    /** Assigns a number to a $shv. */
    shv_seti(name: string | number, val: number): number
    /** Assigns a text to a $shv. */
    shv_sets(name: string | number, val: string | number): number
    /** The value of a $var; null when there is none. */
    var_get(name: string | number): KemiValue
    /** Assigns a number to a $var. */
    var_seti(name: string | number, val: number): number
    /** Assigns a text to a $var. */
    var_sets(name: string | number, val: string | number): number
    /** The value of a field of an $xavp; null when there is none. */
    xavp_child_get(name: string | number, field: string | number): KemiValue
    /** The value of a field of an $xavp; an empty text when there is none. */
    xavp_child_gete(name: string | number, field: string | number): KemiValue
    /** The value of a field of an $xavp; the text `<null>` when there is none. */
    xavp_child_getw(name: string | number, field: string | number): KemiValue
    /** Whether a field of an $xavp has no value. */
    xavp_child_is_null(name: string | number, field: string | number): number
    /** Takes a field of an $xavp away. */
    xavp_child_rm(name: string | number, field: string | number): number
    /** Assigns a number to a field of an $xavp. */
    xavp_child_seti(name: string | number, field: string | number, val: number): number
    /** Assigns a text to a field of an $xavp. */
    xavp_child_sets(name: string | number, field: string | number, val: string | number): number
    /** The value of an $xavp; null when there is none. */
    xavp_get(name: string | number): KemiValue
    /** The value of an $xavp; an empty text when there is none. */
    xavp_gete(name: string | number): KemiValue
    /** The value of an $xavp; the text `<null>` when there is none. */
    xavp_getw(name: string | number): KemiValue
    /** Whether an $xavp has no value. */
    xavp_is_null(name: string | number): number
    /** Makes a record of an $xavp out of parameters, `a=1;b=2`. False when there are none. */
    xavp_params_explode(params: string | number, xavp: string | number): number
    /** Makes parameters, `a=1;b=2;`, of the newest record of an $xavp, and assigns them to a pseudo-variable. False when there is no record. */
    xavp_params_implode(xavp: string | number, variable: `$${string}`): number
    /** Takes the newest value of an $xavp away. */
    xavp_rm(name: string | number): number
    /** Assigns a number to an $xavp. */
    xavp_seti(name: string | number, val: number): number
    /** Assigns a text to an $xavp. */
    xavp_sets(name: string | number, val: string | number): number
  }
  interface KSR_sanity {
    /** Whether the request is well-formed; what is checked, and which URIs. */
    sanity_check(msg_checks: number, uri_checks: number): number
    /** Whether the request is well-formed, as default_checks and uri_checks say. */
    sanity_check_defaults(): number
    /** Sends the reply that sanity_check() found with noreply=1. False when there is none. */
    sanity_reply(): number
  }
  interface KSR_siputils {
    /** Appends a parameter to the Request-URI. */
    add_uri_param(param: string | number): number
    /** Whether two URIs are the same address: user, host and port. */
    cmp_aor(one: string | number, other: string | number): number
    /** Whether two names are of the same header, long or compact, in any case. */
    cmp_hdr_name(one: string | number, other: string | number): number
    /** Whether two URIs are the same (RFC 3261): 1, -1, or -2 where one is no URI. */
    cmp_uri(one: string | number, other: string | number): number
    /** Whether the request belongs to a dialog: whether its To has a tag. */
    has_totag(): number
    /** Whether a text is ASCII letters and digits alone. */
    is_alphanum(text: string | number): number
    /** Whether a text is ASCII letters, digits and these characters alone. */
    is_alphanumex(text: string | number, extra: string | number): number
    /** Whether the request came straight from who made it: whether it has one Via. What mode asks beyond that is of replies. */
    is_first_hop(mode?: number): number
    /** Whether the Request-URI is a GRUU: 1 a public one, 2 a temporary one. */
    is_gruu(): number
    /** Whether a text is digits alone. */
    is_numeric(text: string | number): number
    /** Whether it is a reply: never here. */
    is_reply(): number
    /** Whether it is a request: always, where there is one. */
    is_request(): number
    /** Whether a text is a telephone number: digits, with or without a + before them. */
    is_tel_number(text: string | number): number
    /** Whether a text is a URI: sip, sips, tel, tels or urn. */
    is_uri(text: string | number): number
    /** Whether the Request-URI has a parameter without a value. */
    uri_param(name: string | number): number
    /** Whether the Request-URI has a parameter, whatever its value. */
    uri_param_any(name: string | number): number
    /** Removes a parameter from the Request-URI. */
    uri_param_rm(name: string | number): number
    /** Whether the Request-URI has a parameter with this value. */
    uri_param_value(name: string | number, value: string | number): number
  }
  interface KSR_sl {
    /** Replies through the transaction if there is one, else without state. */
    send_reply(code: number, reason: string | number): number
    /** As send_reply. The mode says how others are told of the reply: there are none. */
    send_reply_mode(code: number, reason: string | number, mode: number): number
    /** Replies 500 without state. */
    sl_reply_error(): number
    /** Replies without state: a retransmission of the request runs the route again. False when there is no request to answer. */
    sl_send_reply(code: number, reason: string | number): number
  }
  interface KSR_statistics {
    /** Sets a variable to 0. False when there is none of that name. */
    reset_stat(variable: string | number): number
    /** Adds to a variable that modparam("statistics", "variable", ...) has declared. False when there is none of that name. */
    update_stat(variable: string | number, value: number): number
  }
  interface KSR_textops {
    /** As cmp_str, whatever the case of ASCII letters. */
    cmp_istr(one: string | number, other: string | number): number
    /** Whether two texts are equal: 1, else -2 or -1 as the first is less or more. */
    cmp_str(one: string | number, other: string | number): number
    /** Whether a text ends with another. */
    ends_with(text: string | number, suffix: string | number): number
    /** Whether the request has a body. */
    has_body(): number
    /** Whether the request has a body of that media type. */
    has_body_type(type: string | number): number
    /** Whether a text is one of a list; white space around those of the list does not count. */
    in_list(subject: string | number, list: string | number, separator: string | number): number
    /** Whether one of a list is what a text starts with. */
    in_list_prefix(subject: string | number, list: string | number, separator: string | number): number
    /** Whether the request has a header, long or compact, in any case. */
    is_present_hf(name: string | number): number
    /** Whether the name of a header is one that a regular expression matches, whatever the case. */
    is_present_hf_re(expression: string | number): number
    /** Whether the Privacy header has that word among its values. */
    is_privacy(privacy: string | number): number
    /** Removes all lines of a header. Changes what would be sent on, and has no effect here. False when there is none. */
    remove_hf(name: string | number): number
    /** Removes the headers whose names a regular expression matches. Changes what would be sent on, and has no effect here. False when there is none. */
    remove_hf_re(expression: string | number): number
    /** Replaces the first match in the request. Changes what would be sent on, and has no effect here. False when the expression is not found. */
    replace(expression: string | number, text: string | number): number
    /** Replaces all matches in the request. Changes what would be sent on, and has no effect here. False when the expression is not found. */
    replace_all(expression: string | number, text: string | number): number
    /** Replaces the first match in the body. Changes what would be sent on, and has no effect here. False when the expression is not found. */
    replace_body(expression: string | number, text: string | number): number
    /** Replaces all matches in the body. Changes what would be sent on, and has no effect here. False when the expression is not found. */
    replace_body_all(expression: string | number, text: string | number): number
    /** Whether a regular expression is found anywhere in the request, whatever the case; ^ and $ are line ends. */
    search(expression: string | number): number
    /** Whether a regular expression is found in the body, whatever the case. */
    search_body(expression: string | number): number
    /** Whether a regular expression is found in the value of a header: in any line (a, as when nothing is said), the first (f) or the last (l). */
    search_hf(name: string | number, expression: string | number, which?: string | number): number
    /** Whether a regular expression is found in a text, whatever the case. */
    search_str(text: string | number, expression: string | number): number
    /** The body of the replies to this request, and its Content-Type. False when either cannot be one. */
    set_reply_body(body: string | number, type: string | number): number
    /** Whether a text starts with another. */
    starts_with(text: string | number, prefix: string | number): number
    /** Where a text is found in another, from 1; -1 when it is not. */
    str_find(text: string | number, needle: string | number): number
    /** As str_find, whatever the case of ASCII letters. */
    str_ifind(text: string | number, needle: string | number): number
    /** Substitutes in the request. Changes what would be sent on, and has no effect here. False when the expression is not found. */
    subst(substitution: string | number): number
    /** Substitutes in the body. Changes what would be sent on, and has no effect here. False when the expression is not found. */
    subst_body(substitution: string | number): number
    /** Substitutes in the Request-URI. False when the expression is not found. */
    subst_uri(substitution: string | number): number
    /** Substitutes in the user of the Request-URI. False when the expression is not found. */
    subst_user(substitution: string | number): number
  }
  interface KSR_tm {
    /** Never so here: requests are not forwarded, and have no branches. */
    t_any_replied(): number
    /** Whether the time of the request was over: its failure route runs. */
    t_any_timeout(): number
    /** Never so here: requests are not forwarded, and have no branches. */
    t_branch_replied(): number
    /** As t_any_timeout. */
    t_branch_timeout(): number
    /** Whether the code that a failure route is about, or that of the last reply, matches a regular expression. */
    t_check_status(re: string | number): number
    /** Whether the request, a CANCEL or an ACK belongs to a transaction. */
    t_check_trans(): number
    /** Has no effect: what is over is forgotten in time. */
    t_clean(): number
    /** Has no effect: requests are not forwarded. */
    t_drop_replies(mode?: string | number): number
    /** Has no effect: requests are not forwarded. */
    t_drop_replies_all(): number
    /** Never so here: requests are not forwarded, and have no branches. */
    t_get_branch_index(): number
    /** The code that a failure route is about, else that of the last reply; -1 before any. */
    t_get_status_code(): number
    /** Never so here: requests are not forwarded, and have no branches. */
    t_grep_status(code: number): number
    /** Whether the request was cancelled. */
    t_is_canceled(): number
    /** Never so here: a transaction ends with its time. */
    t_is_expired(): number
    /** Never so here: requests are not forwarded, and have no branches. */
    t_is_retr_async_reply(): number
    /** Whether a route of this kind is armed: failure_route. Others cannot be armed here. */
    t_is_set(target: string | number): number
    /** Never so here: a CANCEL ends its INVITE before any route runs. */
    t_lookup_cancel(): number
    /** As t_lookup_cancel. */
    t_lookup_cancel_flags(flags: number): number
    /** Whether the request belongs to a transaction. */
    t_lookup_request(): number
    /** Creates the transaction of the request: an INVITE gets its 100, retransmissions are absorbed. False for an ACK, when there is one already, and over max_transactions. */
    t_newtran(): number
    /** Has no effect: requests are not forwarded. */
    t_on_branch(route: string | number): number
    /** Has no effect: requests are not forwarded. */
    t_on_branch_failure(route: string | number): number
    /** Arms failure_route[route], which runs when the request is not answered in time; "0" or "" disarms. */
    t_on_failure(route: string | number): number
    /** Has no effect: requests are not forwarded. */
    t_on_reply(route: string | number): number
    /** Forgets the transaction as soon as no retransmission can come; a request of server.request() gets 500. False when there is none. */
    t_release(): number
    /** Replies through the transaction, which is made if there is none. False after a final reply. */
    t_reply(code: number, reason: string | number): number
    /** fr_inv_timer and fr_timer hold for this request again, from the next suspension on. */
    t_reset_fr(): number
    /** Has no effect: requests are not forwarded. */
    t_reset_max_lifetime(): number
    /** Has no effect: requests are not forwarded. */
    t_reset_retr(): number
    /** Sends the last reply again. False when there is none. */
    t_retransmit_reply(): number
    /** Has no effect: requests are not forwarded. */
    t_save_lumps(): number
    /** Replies through the transaction, which is made if there is none. False after a final reply. */
    t_send_reply(code: number, reason: string | number): number
    /** Whether this INVITE gets a 100 when its transaction is made, and when it is suspended: 0 for no. */
    t_set_auto_inv_100(mode: number): number
    /** Has no effect: requests are not forwarded. */
    t_set_disable_6xx(mode: string | number): number
    /** Has no effect: requests are not forwarded. */
    t_set_disable_failover(mode: string | number): number
    /** Has no effect: requests are not forwarded. */
    t_set_disable_internal_reply(mode: string | number): number
    /** Other times in place of fr_inv_timer and fr_timer for this request, milliseconds; 0 keeps what there is. */
    t_set_fr(fr_inv: number, fr?: number): number
    /** Another time in place of fr_inv_timer for this request, milliseconds. */
    t_set_fr_inv(fr_inv: number): number
    /** Has no effect: requests are not forwarded. */
    t_set_max_lifetime(inv_lifetime: string | number, noninv_lifetime: string | number): number
    /** Has no effect: requests are not forwarded. */
    t_set_no_e2e_cancel_reason(mode: string | number): number
    /** Has no effect: requests are not forwarded. */
    t_set_retr(retr_t1: string | number, retr_t2: string | number): number
    /** Has no effect: requests are not forwarded. */
    t_use_uac_headers(): number
  }
  interface KSR_tmx {
    /** Takes the suspension of the request with that id back: its route goes on as if it had not been suspended. */
    t_cancel_suspend(tindex: string | number, tlabel: string | number): number
    /** Continues the suspended request with that id in route[rname]. False, with no effect, for an id that is unknown or not suspended, and for an unknown route. */
    t_continue(tindex: string | number, tlabel: string | number, rname: string | number): number
    /** Forgets the transaction without a reply. */
    t_drop(): number
    /** As t_drop. */
    t_drop_rcode(rcode: number): number
    /** Has no effect: the flags of a request are those of its transaction. False when there is none. */
    t_flush_flags(): number
    /** Has no effect: the xflags of a request are those of its transaction. False when there is none. */
    t_flush_xflags(): number
    /** Never so here: there are no branches. */
    t_is_branch_route(): number
    /** Whether a failure route runs, or one that t_continue has named. */
    t_is_failure_route(): number
    /** Never so here: there are no replies from elsewhere. */
    t_is_reply_route(): number
    /** Whether the request route runs. */
    t_is_request_route(): number
    /** Never so here: no request is worked on twice at a time. */
    t_precheck_trans(): number
    /** Answers the request of a call that waits, from whatever route. False when none does. All that wait are looked through. */
    t_reply_callid(callid: string | number, cseq: string | number, code: number, reason: string | number): number
    /** Suspends the request, with a transaction if it has none yet. False for an ACK, after a final reply, and when it is suspended. */
    t_suspend(): number
  }
  interface KSR_uuid {
    /** A random UUID. */
    get(): KemiValue
    /** A random UUID. */
    rget(): KemiValue
    /** A UUID of the time. */
    tget(): KemiValue
  }
  interface KSR_x {
    /** As exit(): what drop prevents in Kamailio, the forwarding of a message, does not happen here. */
    drop(): never
    /** Ends the route: nothing after it runs. A try around it catches it, as in Kamailio. */
    exit(): never
    /** Calls a function by its name in a kamailio.cfg, with texts in which pseudo-variables are expanded. Kamailio takes few of its functions here; all are taken. */
    modf(fname?: string | number, p1?: string | number, p2?: string | number, p3?: string | number, p4?: string | number, p5?: string | number, p6?: string | number): number
  }
  interface KSR_xlog {
    /** Writes a line at alert, which is fatal in the log. */
    xalert(text: string | number): number
    /** Writes a line at critical, which is fatal in the log. */
    xcrit(text: string | number): number
    /** Writes a line at debug. */
    xdbg(text: string | number): number
    /** Writes an error. */
    xerr(text: string | number): number
    /** Writes a line at info. */
    xinfo(text: string | number): number
    /** Writes a line to the log, its pseudo-variables expanded, with a level (L_INFO); a level that is none is an error. */
    xlog(level: string | number, text: string | number): number
    /** Writes a line at notice, which is info in the log. */
    xnotice(text: string | number): number
    /** Writes a warning. */
    xwarn(text: string | number): number
  }
}
