// The core parameters of Kamailio 5.6 (`debug=2`, `listen=...`): which have an effect here, and why the others have none or cannot be. Their
// names are those that Kamailio 5.6.3 was seen to accept.

export type CoreParameter =
  /** It does what it does in Kamailio; `as` says how. */
  | { readonly kind: 'effect'; readonly as: string }
  /** It is accepted, and does nothing. */
  | { readonly kind: 'none'; readonly why: string }
  /** Somebody who sets it relies on what is not here. */
  | { readonly kind: 'absent'; readonly why: string }

const EFFECTS: Readonly<Record<string, string>> = {
  listen: 'where SIP requests are taken',
  port: 'the port of listen addresses without one',
  alias: 'another name of this server, for myself',
  advertised_address: 'another name of this server, for myself',
  advertised_port: 'the port that belongs to advertised_address',
  disable_tcp: 'without a listen, SIP is not taken over TCP',
  debug: 'the level of the log: 3 debug, 1 and 2 info, 0 warn, below error',
  max_while_loops: 'how often a while may go round',
  max_recursive_level: 'how deep routes may call one another',
  tcp_max_connections: 'SIP connections over TCP that may be open (sip:tcp_max_connections)',
  cfgengine: 'the language of the routes',
}

/** Names between blanks, by the reason why they do nothing. */
const WITHOUT_EFFECT: ReadonlyMap<string, string> = new Map([
  [
    'one process and one thread do everything',
    'children tcp_children sctp_children socket_workers async_workers async_workers_group async_nonblock async_usleep fork fork_delay route_locks_size modinit_delay wait_worker1_mode wait_worker1_time wait_worker1_usleep exit_timeout',
  ],
  [
    'the log is JSON on stderr; its level is set by debug, or --log-level',
    'log_stderror log_facility log_name log_prefix log_prefix_mode log_engine_type log_engine_data log_callid corelog sip_parser_log sip_parser_log_oneline sip_warning latency_log latency_cfg_log latency_limit_action latency_limit_db msg_time verbose_startup',
  ],
  [
    'memory is managed by Node and the addon',
    'memlog memdbg mem_dbg mem_join mem_safety mem_status_mode mem_summary shm_mem shm_mem_size shm_force_alloc mlock_pages pv_buffer_size pv_buffer_slots pv_cache_limit pv_cache_action sql_buffer_size',
  ],
  [
    'how evapid is started says it: the command line, or the unit of systemd',
    'user group uid gid chroot wdir workdir run_dir disable_core_dump open_files_limit real_time rt_policy rt_prio rt_ftimer_policy rt_ftimer_prio rt_stimer_policy rt_stimer_prio rt_timer1_policy rt_timer1_prio rt_timer2_policy rt_timer2_prio',
  ],
  ['modules are built in', 'mpath loadpath version_table'],
  [
    'no name is resolved and no request forwarded',
    'dns dns_cache_del_nonexp dns_cache_flags dns_cache_gc_interval dns_cache_init dns_cache_max_ttl dns_cache_mem dns_cache_min_ttl dns_cache_negative_ttl dns_cache_rec_pref dns_naptr_ignore_rfc dns_retr_no dns_retr_time dns_search_full_match dns_servers_no dns_sctp_pref dns_srv_lb dns_srv_loadbalancing dns_tcp_pref dns_tls_pref dns_try_ipv6 dns_try_naptr dns_udp_pref dns_udp_preference dns_use_search_list rev_dns use_dns_cache use_dns_failover auto_aliases mhomed max_branches udp_mtu phone2tel',
  ],
  [
    'replies go back the way that RFC 3261 and RFC 3581 say',
    'check_via reply_to_via force_rport local_rport http_reply_hack http_reply_parse onsend_route_reply xavp_via_fields xavp_via_params',
  ],
  [
    'what is sent has the headers of evapid',
    'server_header server_signature user_agent_header server_id stats_name_separator uri_host_extra_chars sip_parser_mode',
  ],
  [
    'sockets are set up for latency, with parameters of evapi and sip',
    'maxbuffer tos pmtu_discovery ip_free_bind ipfreebind auto_bind_ipv6 bind_ipv6_link_local udp4_raw udp4_raw_mtu udp4_raw_ttl tcp_accept_aliases tcp_accept_no_cl tcp_accept_unique tcp_async tcp_buf_write tcp_clone_rcvbuf tcp_conn_wq_max tcp_connect_timeout tcp_connection_lifetime tcp_connection_match tcp_crlf_ping tcp_defer_accept tcp_delayed_ack tcp_fd_cache tcp_keepalive tcp_keepcnt tcp_keepidle tcp_keepintvl tcp_linger2 tcp_no_connect tcp_poll_method tcp_rd_buf_size tcp_reuse_port tcp_send_timeout tcp_wq_blk_size tcp_wq_max',
  ],
  [
    'only UDP and TCP are spoken',
    'disable_tls disable_sctp tls_max_connections tls_log tls_verify tls_require_certificate tls_certificate tls_private_key sctp_socket_rcvbuf',
  ],
  [
    'the functions of a KEMI script are called by their usual names',
    'kemi.onsend_route_callback kemi.reply_route_callback kemi.received_route_callback kemi.pre_routing_callback kemi.event_route_callback',
  ],
])

const ABSENT: Readonly<Record<string, string>> = {
  enable_tls: 'evapid speaks no TLS with SIP; take it off in the proxy in front',
  tls_port_no: 'evapid speaks no TLS with SIP; take it off in the proxy in front',
  mcast: 'evapid takes no SIP from multicast groups',
  mcast_loopback: 'evapid takes no SIP from multicast groups',
  mcast_ttl: 'evapid takes no SIP from multicast groups',
  tcp_accept_haproxy: 'evapid does not read the PROXY protocol',
  tcp_accept_hep3: 'evapid does not read HEP',
  tcp_script_mode: 'what is no SIP is not handed to a script',
}

/** Those without effect that take a string, or a number, in Kamailio 5.6.3; the others take a number or a word. */
export const TEXT_PARAMETERS: ReadonlySet<string> = new Set(
  (
    'async_workers_group log_name log_prefix log_engine_type log_engine_data user uid group gid chroot wdir workdir run_dir ' +
    'xavp_via_fields xavp_via_params server_header user_agent_header stats_name_separator uri_host_extra_chars tls_certificate ' +
    'tls_private_key kemi.onsend_route_callback kemi.reply_route_callback kemi.received_route_callback ' +
    'kemi.pre_routing_callback kemi.event_route_callback mpath loadpath version_table'
  ).split(' '),
)

const parameters = new Map<string, CoreParameter>()
for (const [name, as] of Object.entries(EFFECTS)) parameters.set(name, { kind: 'effect', as })
for (const [why, names] of WITHOUT_EFFECT) {
  for (const name of names.split(' ')) parameters.set(name, { kind: 'none', why })
}
for (const [name, why] of Object.entries(ABSENT)) parameters.set(name, { kind: 'absent', why })

/** By name. */
export const CORE_PARAMETERS: ReadonlyMap<string, CoreParameter> = parameters
