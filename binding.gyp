{
  "targets": [
    {
      "target_name": "evapid",
      "sources": [
        "native/access_list.cc",
        "native/addon.cc",
        "native/address_table.cc",
        "native/chunk.cc",
        "native/commands.cc",
        "native/datagram_batch.cc",
        "native/datagram_path.cc",
        "native/datagram_slots.cc",
        "native/datagram_socket.cc",
        "native/datagrams.cc",
        "native/dispatcher.cc",
        "native/event_log.cc",
        "native/exchange.cc",
        "native/fan_out.cc",
        "native/group.cc",
        "native/lifecycle.cc",
        "native/lingerer.cc",
        "native/listener.cc",
        "native/loop/loop.cc",
        "native/netstring.cc",
        "native/outbox.cc",
        "native/pending.cc",
        "native/plan.cc",
        "native/plan_runner.cc",
        "native/receive_buffer.cc",
        "native/send_buffer.cc",
        "native/send_ring.cc",
        "native/sender.cc",
        "native/socket.cc",
        "native/tap.cc",
        "native/uv_host.cc"
      ],
      "include_dirs": ["native", "<!@(node -p \"require('node-addon-api').include\")"],
      "defines": ["NAPI_VERSION=9", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "cflags_cc": ["-std=c++20", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "configurations": {
        "Release": {
          "cflags_cc": ["-O3"]
        },
        "Debug": {
          "cflags_cc": ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize=vptr"],
          "ldflags": ["-fsanitize=address,undefined"]
        }
      }
    },
    # The load generator of `evapid bench`. Warnings are errors where it is worked on (bench/native/Makefile), not here: one
    # of a newer compiler must not keep anybody from installing the bus.
    {
      "target_name": "evapid-load",
      "type": "executable",
      "sources": [
        "bench/native/address.cc",
        "bench/native/generator.cc",
        "bench/native/load.cc",
        "bench/native/meter.cc",
        "bench/native/options.cc",
        "bench/native/publisher.cc",
        "bench/native/report.cc",
        "bench/native/server_cpu.cc",
        "bench/native/sockets.cc",
        "bench/native/storm.cc",
        "bench/native/tally.cc",
        "bench/native/unicast.cc",
        "bench/native/wire.cc"
      ],
      "cflags_cc": ["-std=c++20"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-exceptions", "-fno-rtti"],
      "configurations": {
        "Release": {
          "cflags_cc": ["-O2"]
        },
        "Debug": {
          "cflags_cc": ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined"],
          "ldflags": ["-fsanitize=address,undefined"]
        }
      }
    }
  ]
}
