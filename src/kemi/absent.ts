// What Kamailio has under `KSR` and evapid may not: the names of 5.6.3, as its RPC `app_jsdt.api_list` tells them, and why some are not
// here. Only for what to say of a name that is unknown: what is here is in the module registry.

/** Functions by module, `''` for those of `KSR` itself. Those that evapid has are among them. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  '':
    'dbg err info warn notice crit log set_drop is_myself is_myself_ruri is_myself_duri ' +
    'is_myself_nhuri is_myself_furi is_myself_turi is_myself_suri is_myself_srcip setflag resetflag ' +
    'isflagset setbflag resetbflag isbflagset setbiflag resetbiflag isbiflagset setsflag resetsflag ' +
    'issflagset seturi setuser sethost setdsturi resetdsturi isdsturiset force_rport add_local_rport ' +
    'is_method is_method_in forward forward_uri set_forward_close set_forward_no_connect ' +
    'set_reply_close set_reply_no_connect set_advertised_address set_advertised_port add_tcp_alias ' +
    'add_tcp_alias_via is_INVITE is_ACK is_BYE is_CANCEL is_REGISTER is_OPTIONS is_SUBSCRIBE ' +
    'is_PUBLISH is_NOTIFY is_REFER is_INFO is_UPDATE is_PRACK is_MESSAGE is_KDMQ is_GET is_POST ' +
    'is_PUT is_DELETE is_UDP is_TCP is_TLS is_WS is_WSS is_WSX is_SCTP is_proto is_IPv4 is_IPv6 ' +
    'to_UDP to_TCP to_TLS to_SCTP to_WS to_WSS to_WSX to_IPv4 to_IPv6 is_src_port is_dst_port ' +
    'get_debug route',
  pv: 'get getw gete geti getvn getvs seti sets unset is_null',
  hdr:
    'append append_after insert insert_before remove rmappend rminsert is_present append_to_reply get ' +
    'gete getw get_idx gete_idx getw_idx match_content',
  app_jsdt: 'dostring dofile runstring run run_p1 run_p2 run_p3',
  tm:
    't_relay t_on_branch t_on_failure t_on_branch_failure t_on_reply t_reply t_send_reply ' +
    't_check_trans t_is_canceled t_newtran t_release t_replicate t_is_set t_lookup_request ' +
    't_lookup_cancel t_lookup_cancel_flags t_retransmit_reply t_set_fr_inv t_set_fr t_reset_fr ' +
    't_set_max_lifetime t_reset_max_lifetime t_set_retr t_reset_retr t_uac_send t_load_contacts ' +
    'ki_t_load_contacts_mode t_next_contacts t_next_contact_flow t_drop_replies_all t_drop_replies ' +
    't_use_uac_headers t_save_lumps t_is_expired t_check_status t_grep_status t_is_retr_async_reply ' +
    't_any_replied t_any_timeout t_branch_replied t_branch_timeout t_set_auto_inv_100 ' +
    't_set_disable_6xx t_set_disable_failover t_set_no_e2e_cancel_reason t_set_disable_internal_reply ' +
    't_relay_to_proxy t_relay_to_flags t_relay_to_proxy_flags t_relay_to_proto t_relay_to_proto_addr ' +
    't_get_status_code t_get_branch_index t_clean',
  tmx:
    't_precheck_trans t_is_request_route t_is_reply_route t_is_failure_route t_is_branch_route ' +
    't_suspend t_continue t_flush_flags t_flush_xflags t_cancel_branches t_reuse_branch ' +
    't_cancel_callid t_cancel_callid_reason t_reply_callid t_drop t_drop_rcode',
  sl: 'sl_send_reply send_reply send_reply_mode sl_reply_error sl_forward_reply',
  pvx:
    'sbranch_set_ruri sbranch_append sbranch_reset var_seti var_sets var_get shv_seti shv_sets ' +
    'shv_get pv_var_to_xavp pv_xavp_to_var pv_xavp_print pv_xavu_print pv_xavi_print ' +
    'xavp_params_explode xavp_params_implode xavu_params_explode xavu_params_implode ' +
    'xavp_slist_explode xavp_seti xavp_sets xavp_get xavp_gete xavp_getw xavp_getd xavp_getd_p1 ' +
    'xavp_get_keys xavp_rm xavp_is_null xavp_child_seti xavp_child_sets xavp_child_rm ' +
    'xavp_child_is_null xavp_child_get xavp_child_gete xavp_child_getw xavu_seti xavu_sets xavu_get ' +
    'xavu_gete xavu_getw xavu_rm xavu_is_null xavu_child_seti xavu_child_sets xavu_child_rm ' +
    'xavu_child_is_null xavu_child_get xavu_child_gete xavu_child_getw xavi_seti xavi_sets xavi_get ' +
    'xavi_gete xavi_getw xavi_getd xavi_getd_p1 xavi_get_keys xavi_rm xavi_is_null xavi_child_seti ' +
    'xavi_child_sets xavi_child_rm xavi_child_is_null xavi_child_get xavi_child_gete xavi_child_getw ' +
    'evalx avp_seti avp_sets avp_get avp_gete avp_getw avp_rm avp_is_null xavp_copy xavp_copy_dst',
  xlog: 'xdbg xinfo xnotice xwarn xerr xalert xcrit xlog',
  textops:
    'search search_body search_hf search_append search_append_body is_present_hf is_present_hf_re ' +
    'subst subst_uri subst_user subst_body subst_hf remove_hf remove_hf_re remove_hf_idx ' +
    'remove_hf_exp remove_hf_match replace replace_str replace_all replace_body replace_body_str ' +
    'replace_hdrs replace_hdrs_str replace_body_all replace_body_atonce set_body set_reply_body ' +
    'has_body has_body_type filter_body is_privacy in_list in_list_prefix cmp_str cmp_istr search_str ' +
    'starts_with ends_with str_find str_ifind is_audio_on_hold set_body_multipart_mode ' +
    'set_body_multipart_boundary set_body_multipart_content set_body_multipart append_body_part ' +
    'append_body_part_cd append_body_part_hex append_body_part_hex_cd remove_body_part get_body_part ' +
    'get_body_part_raw regex_substring',
  textopsx:
    'msg_apply_changes msg_set_buffer change_reply_status remove_body change_reply_status_code ' +
    'keep_hf keep_hf_re fnmatch fnmatch_ex append_hf_value insert_hf_value assign_hf_value ' +
    'assign_hf_value2 remove_hf_value remove_hf_value2 include_hf_value exclude_hf_value ' +
    'hf_value_exists hf_iterator_start hf_iterator_end hf_iterator_next hf_iterator_prev ' +
    'hf_iterator_rm hf_iterator_append hf_iterator_insert hf_iterator_hname hf_iterator_hbody ' +
    'bl_iterator_start bl_iterator_end bl_iterator_next bl_iterator_rm bl_iterator_append ' +
    'bl_iterator_insert bl_iterator_value',
  siputils:
    'has_totag is_request is_reply is_first_hop is_first_hop_mode is_uri is_user uri_param ' +
    'uri_param_value uri_param_any uri_param_rm is_tel_number is_numeric is_alphanum is_alphanumex ' +
    'options_reply encode_contact decode_contact decode_contact_header contact_param_encode ' +
    'contact_param_decode contact_param_decode_ruri contact_param_rm hdr_date_check cmp_uri cmp_aor ' +
    'cmp_hdr_name is_gruu add_uri_param',
  maxfwd: 'process_maxfwd is_maxfwd_lt',
  sanity: 'sanity_check sanity_check_defaults sanity_reply',
  kex: 'setdebug resetdebug',
  corex:
    'append_branch append_branch_uri append_branch_uri_q setxflag resetxflag isxflagset ' +
    'set_send_socket set_send_socket_name set_recv_socket set_recv_socket_name set_source_address ' +
    'via_add_srvid via_add_xavp_params via_use_xavp_fields has_ruri_user has_user_agent send_data ' +
    'sendx is_faked_msg file_read file_write is_socket_name',
  cfgutils:
    'lock unlock trylock rand_set_prob rand_reset_prob rand_get_prob rand_event abort pkg_status ' +
    'shm_status pkg_summary shm_summary core_hash sleep usleep check_route_exists route_if_exists',
  jansson: 'get',
  htable:
    'sht_lock sht_unlock sht_reset sht_iterator_start sht_iterator_next sht_iterator_end ' +
    'sht_iterator_rm sht_iterator_sets sht_iterator_seti sht_iterator_setex sht_rm sht_rm_name_re ' +
    'sht_rm_value_re sht_rm_name sht_rm_value sht_match_name sht_match_str_value sht_get sht_gete ' +
    'sht_getw sht_sets sht_seti sht_setex sht_setxi sht_setxs sht_is_null sht_inc sht_dec',
  mqueue: 'mq_add mq_fetch mq_size mq_pv_free mqk_get mqk_gete mqk_getw mqv_get mqv_gete mqv_getw',
  statistics: 'update_stat reset_stat',
  uuid: 'get rget tget',
  jsonrpcs: 'dispatch exec execx response',
  kx:
    'get_ruri get_ruser getw_ruser gete_ruser get_rhost getw_rhost gete_rhost get_ouri get_furi ' +
    'get_fuser getw_fuser gete_fuser get_fhost getw_fhost gete_fhost get_turi get_tuser gete_tuser ' +
    'getw_tuser get_thost gete_thost getw_thost get_duri gete_duri getw_duri get_cturi gete_cturi ' +
    'getw_cturi get_nhuri get_srcuri get_srcaddr_sock get_ua gete_ua getw_ua get_srcip get_srcport ' +
    'get_send_sock get_send_sock_name get_send_sock_port get_rcvip get_rcv_sock_name get_rcvport ' +
    'get_rcvadvip get_rcvadvport get_rcvaddr_sock get_proto get_protoid get_au getw_au gete_au ' +
    'get_method get_status gets_status get_body getw_body gete_body get_bodylen get_timestamp ' +
    'get_callid get_conid get_msgbuf get_msglen get_msgtype get_def get_defn ifdef ifndef get_env ' +
    'get_envn',
  evapi: 'relay relay_unicast relay_multicast close set_tag async_relay async_unicast async_multicast',
  x: 'exit drop modf',
}

const FORWARDS_NOTHING = 'evapid answers requests and forwards none'
const NO_REPLY_ROUTES = 'there are no branches and no replies to look at, for evapid forwards no requests'
const NO_DATABASE = 'evapid has no database; ask an application over the bus'
const NO_MEDIA = 'evapid does not touch media'
const NO_REGISTRAR = 'evapid keeps no registrations; an application can'
const WAITS = 'it would stop the one thread that serves every client'

/** Why functions of modules that are here are not. */
const REASONS: readonly (readonly [names: RegExp, reason: string])[] = [
  [
    /^KSR\.(?:add_local_rport|forward|forward_uri|set_forward_.*|set_advertised_.*|to_[A-Z].*)$/,
    FORWARDS_NOTHING,
  ],
  [/^KSR\.get_debug$/, 'the log has a level of its own; see --log-level'],
  [/^KSR\.route$/, 'call the function'],
  [/^KSR\.app_jsdt\..*$/, 'a script is loaded when evapid starts; what it evaluates itself, eval() does'],
  [/^KSR\.(?:add_tcp_alias.*|set_reply_.*)$/, 'evapid sends replies where the request came from'],
  [/^KSR\.tm\.t_(?:relay|replicate|next_contact|load_contacts|on_branch).*$/, FORWARDS_NOTHING],
  [/^KSR\.tm\.ki_t_load_contacts_mode$/, FORWARDS_NOTHING],
  [
    /^KSR\.tm\.(?:t_on_reply|t_drop_replies.*|t_branch_.*|t_get_branch_index|t_grep_status)$/,
    NO_REPLY_ROUTES,
  ],
  [/^KSR\.tm\.t_(?:uac_send|use_uac_headers)$/, 'evapid sends no requests of its own'],
  [/^KSR\.tmx\.(?:t_cancel_.*|t_reuse_branch|t_is_branch_route)$/, NO_REPLY_ROUTES],
  [/^KSR\.sl\.sl_forward_reply$/, FORWARDS_NOTHING],
  [/^KSR\.pvx\.sbranch_.*$/, FORWARDS_NOTHING],
  [/^KSR\.corex\.(?:append_branch.*|set_send_socket.*|via_.*)$/, FORWARDS_NOTHING],
  [
    /^KSR\.corex\.(?:send_data|sendx)$/,
    'evapid sends over the bus and answers SIP; it opens no other sockets',
  ],
  [/^KSR\.corex\.file_.*$/, `${WAITS} to read and write files`],
  [/^KSR\.cfgutils\.(?:u?sleep)$/, `${WAITS}; suspend the request, or use rtimer`],
  [/^KSR\.cfgutils\.(?:abort|(?:pkg|shm)_.*)$/, 'it is about the memory of Kamailio'],
  [/^KSR\.textopsx?\..*$/, 'it changes a request that is forwarded, and evapid forwards none'],
]

/** Modules of Kamailio that are not here. */
const MODULES: Readonly<Record<string, string>> = {
  acc: 'evapid writes no accounting records; relay an event to an application that does',
  async: 'suspend the request with KSR.tmx.t_suspend() and continue it from a message',
  auth: 'evapid checks no credentials; an application can, over the bus',
  auth_xkeys: 'evapid checks no credentials; an application can, over the bus',
  avpops: NO_DATABASE,
  blst: FORWARDS_NOTHING,
  call_obj: 'evapid keeps no calls',
  counters: 'use KSR.statistics',
  db_text: NO_DATABASE,
  dialog: 'evapid keeps no calls: it sees requests, not what becomes of them',
  dialplan: NO_DATABASE,
  dispatcher: FORWARDS_NOTHING,
  diversion: FORWARDS_NOTHING,
  dmq: 'evapid has no peers',
  domain: NO_DATABASE,
  drouting: NO_DATABASE,
  enum: `${WAITS} to ask DNS`,
  exec: `${WAITS} to run programs; relay an event to an application that does`,
  http_client: `${WAITS} to ask over HTTP; relay an event to an application that does`,
  http_async_client: 'relay an event to an application that asks over HTTP, and suspend the request',
  keepalive: 'evapid sends no requests of its own',
  lcr: NO_DATABASE,
  msrp: 'evapid has no MSRP',
  nat_traversal: FORWARDS_NOTHING,
  nathelper: FORWARDS_NOTHING,
  ndb_redis: NO_DATABASE,
  path: FORWARDS_NOTHING,
  permissions: 'keep the list in KSR.htable, or decide in an application',
  pike: 'limits of evapid are parameters of the modules evapi and sip',
  pipelimit: 'limits of evapid are parameters of the modules evapi and sip',
  presence: 'evapid keeps no presence',
  pv_headers: FORWARDS_NOTHING,
  ratelimit: 'limits of evapid are parameters of the modules evapi and sip',
  registrar: NO_REGISTRAR,
  rr: FORWARDS_NOTHING,
  rtjson: FORWARDS_NOTHING,
  rtpengine: NO_MEDIA,
  rtpproxy: NO_MEDIA,
  sdpops: NO_MEDIA,
  siptrace: 'evapid does not mirror SIP messages; relay an event',
  sqlops: NO_DATABASE,
  statsc: 'use KSR.statistics',
  statsd: 'evapid speaks no statsd',
  tcpops: 'connections of evapid have parameters in the module sip',
  topoh: FORWARDS_NOTHING,
  topos: FORWARDS_NOTHING,
  uac: 'evapid sends no requests of its own',
  usrloc: NO_REGISTRAR,
  websocket: 'evapid takes SIP over UDP and TCP',
  xhttp: 'evapid takes no HTTP as SIP',
}

const NAMES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(FUNCTIONS).map(([module, names]) => [module, new Set(names.split(' '))]),
)

/** Why `KSR.first` or `KSR.first.second` of Kamailio is not here; undefined when Kamailio has no such name. */
export function whyAbsent(first: string, second?: string): string | undefined {
  if (Object.hasOwn(MODULES, first)) return MODULES[first]
  const [module, name] = second === undefined ? ['', first] : [first, second]
  if (!NAMES.get(module)?.has(name)) return undefined
  const path = module === '' ? `KSR.${name}` : `KSR.${module}.${name}`
  const reason = REASONS.find(([names]) => names.test(path))?.[1]
  return reason ?? 'Kamailio has it, evapid does not'
}

/** Every function of Kamailio's that is known here: `KSR.evapi.relay`. */
export function kamailioFunctions(): readonly string[] {
  return [...NAMES].flatMap(([module, names]) =>
    [...names].map((name) => (module === '' ? `KSR.${name}` : `KSR.${module}.${name}`)),
  )
}

/** The functions of a module of Kamailio's; none for a module that is not known in such detail. */
export function kamailioFunctionsOf(module: string): Iterable<string> {
  return NAMES.get(module) ?? []
}
