// The server with Boost.Beast: one thread, no time limits, messages sent as they came, in one frame.
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <set>
#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using beast::error_code;

class Session;
static std::set<Session *> subscribers;

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) {
    socket_.next_layer().set_option(tcp::no_delay(true));
    socket_.auto_fragment(false);
    socket_.read_message_max(4 << 20);
    socket_.binary(true);
  }

  ~Session() { subscribers.erase(this); }

  void start() {
    http::async_read(socket_.next_layer(), buffer_, request_, [self = shared_from_this()](error_code error, size_t) {
      if (!error) self->accept();
    });
  }

  void send(std::shared_ptr<const std::string> message) {
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) send_next();
  }

 private:
  void accept() {
    path_ = std::string(request_.target());
    socket_.async_accept(request_, [self = shared_from_this()](error_code error) {
      if (error) return;
      self->request_ = {};
      if (self->path_ == "/subscribe") subscribers.insert(self.get());
      self->read();
    });
  }

  void read() {
    socket_.async_read(buffer_, [self = shared_from_this()](error_code error, size_t) {
      if (!error) self->receive();
    });
  }

  void receive() {
    if (path_ == "/echo") {
      socket_.text(socket_.got_text());
      socket_.async_write(buffer_.data(), [self = shared_from_this()](error_code error, size_t) {
        if (error) return;
        self->buffer_.consume(self->buffer_.size());
        self->read();
      });
      return;
    }
    auto message = std::make_shared<const std::string>(beast::buffers_to_string(buffer_.data()));
    buffer_.consume(buffer_.size());
    for (Session *subscriber : subscribers) subscriber->send(message);
    read();
  }

  void send_next() {
    socket_.async_write(asio::buffer(*queue_.front()), [self = shared_from_this()](error_code error, size_t) {
      if (error) return;
      self->queue_.pop_front();
      if (!self->queue_.empty()) self->send_next();
    });
  }

  websocket::stream<tcp::socket> socket_;
  beast::flat_buffer buffer_;
  http::request<http::empty_body> request_;
  std::string path_;
  std::deque<std::shared_ptr<const std::string>> queue_;
};

static void accept_next(tcp::acceptor &acceptor) {
  acceptor.async_accept([&acceptor](error_code error, tcp::socket socket) {
    if (!error) std::make_shared<Session>(std::move(socket))->start();
    accept_next(acceptor);
  });
}

int main(int argc, char **argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: beast server PORT\n"), 2;
  asio::io_context context{1};
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), static_cast<unsigned short>(std::atoi(argv[2]))});
  std::printf("{\"listening\": %d}\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  accept_next(acceptor);
  context.run();
}
