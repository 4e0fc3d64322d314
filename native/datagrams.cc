// The dispatcher's datagram sockets: what is read becomes events, what the routes answer is queued and leaves
// with the flush. The rest of Dispatcher is in dispatcher.cc.
#include "dispatcher.h"

namespace evapid {

Dispatcher::AddedSocket Dispatcher::add_datagram_socket(Fd socket) {
  const Bound bound = bound_to(socket.get());
  if (bound.error != 0) return {bound.error, 0};
  if (!datagram_slots_) {
    datagram_slots_ = std::make_unique<DatagramSlots>(pool_);
    datagram_batch_ = std::make_unique<DatagramBatch>();
  }
  const uint32_t id = ++last_datagram_socket_;
  DatagramSocketOwner& owner = *this;
  auto added = std::make_unique<DatagramSocket>(options_, stats_, pool_, loop_, owner, id, std::move(socket),
                                                bound.address.family);
  if (const int error = added->start()) return {error, 0};
  datagram_sockets_.emplace(id, std::move(added));
  return {0, id};
}

DatagramSocket* Dispatcher::datagram_socket(uint32_t id) const {
  const auto found = datagram_sockets_.find(id);
  return found == datagram_sockets_.end() ? nullptr : found->second.get();
}

void Dispatcher::stop_reading_datagrams(uint32_t id) {
  if (DatagramSocket* const socket = datagram_socket(id)) socket->stop_reading();
}

void Dispatcher::send_datagram(uint32_t id, Span&& span, const DatagramPath& path) {
  DatagramSocket* const socket = datagram_socket(id);
  if (socket == nullptr) return;
  socket->queue(std::move(span), path);
  // As many as leave with one call do not wait for more.
  if (socket->unflushed() >= DatagramBatch::kMost) socket->flush(*datagram_batch_);
  if (socket->listed || socket->unflushed() == 0) return;
  socket->listed = true;
  unflushed_.push_back(socket);
}

void Dispatcher::flush_datagrams() {
  for (DatagramSocket* const socket : unflushed_) {
    socket->listed = false;
    socket->flush(*datagram_batch_);
  }
  unflushed_.clear();
}

void Dispatcher::close_datagram_socket(uint32_t id) {
  DatagramSocket* const socket = datagram_socket(id);
  if (socket == nullptr || socket->closing()) return;
  flush_datagrams();
  if (!socket->close()) bury_datagram_socket(*socket);
}

void Dispatcher::close_datagram_sockets() {
  std::vector<uint32_t> ids;
  for (const auto& [id, socket] : datagram_sockets_) ids.push_back(id);
  for (const uint32_t id : ids) close_datagram_socket(id);
}

// It may be in the middle of being read: it is freed at the end of the turn.
void Dispatcher::bury_datagram_socket(DatagramSocket& socket) {
  auto node = datagram_sockets_.extract(socket.id());
  closed_datagram_sockets_.push_back(std::move(node.mapped()));
}

uint64_t Dispatcher::datagrams_lost() const {
  uint64_t lost = stats_.datagrams_lost;
  for (const auto& [id, socket] : datagram_sockets_) lost += socket->lost();
  return lost;
}

// --- what the sockets tell

void Dispatcher::on_datagrams_wait(DatagramSocket& socket) {
  DatagramSlots& slots = *datagram_slots_;
  // The routes must have seen what is in the slots before these are used again.
  if (slots.free() < DatagramSlots::kBatch) {
    deliver();
    flush_if_much();
  }
  make_room();
  if (!socket.reads() || slots.free() == 0) return;
  const DatagramSlots::Received received = slots.receive(socket.fd());
  EventRing& ring = noting();
  for (size_t i = 0; i < received.count; ++i) {
    const DatagramSlots::Datagram datagram = slots.datagram(i);
    if (datagram.truncated) {
      ++stats_.datagrams_truncated;
      continue;
    }
    ++stats_.datagrams_received;
    stats_.datagram_bytes_received += datagram.size;
    ring.add({static_cast<uint32_t>(EventKind::kDatagram), socket.id(), 0, slots.block()->id(),
              static_cast<uint32_t>(datagram.payload), static_cast<uint32_t>(datagram.size)});
  }
  if (received.count > 0) ring.hold(slots.block());
  socket.on_received(received.error);
}

void Dispatcher::on_datagrams_writable(DatagramSocket& socket) {
  socket.retry(*datagram_batch_);
}

void Dispatcher::on_datagram_dropped(DatagramSocket& socket, int error) {
  const uint32_t count = socket.dropped.add();
  if (count == 0) return;
  noting().add({static_cast<uint32_t>(EventKind::kDatagramsDropped), socket.id(), 0,
                static_cast<uint32_t>(error), count, 0});
}

void Dispatcher::on_datagram_socket_done(DatagramSocket& socket) {
  socket.abandon();
  bury_datagram_socket(socket);
  note_if_all_gone();
}

}  // namespace evapid
