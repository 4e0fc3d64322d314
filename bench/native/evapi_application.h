// The application at the other end of the EVAPI connection: answers every event that names a transaction with
// the same two numbers, at once. The server has to say {"event":"welcome"} when it knows the connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "address.h"
#include "sockets.h"

namespace bench {

class EvapiApplication {
 public:
  // Events with this name ("event":"NAME") get no answer; none where it is empty.
  EvapiApplication(const Address& server, std::string_view unanswered);

  int descriptor() const { return socket_.descriptor(); }
  // Reads what is there and answers it in one write; false when there was nothing. Throws std::runtime_error
  // when the connection is closed or what comes is no event.
  bool serve();
  bool welcome() const { return welcome_; }

 private:
  void take(std::string_view event);
  void send_answers();

  Socket socket_;
  const std::string unanswered_;
  std::vector<char> buffer_;
  // Bytes of a message that is not complete, at the beginning of the buffer.
  size_t held_ = 0;
  std::string answers_;
  bool welcome_ = false;
};

}  // namespace bench
