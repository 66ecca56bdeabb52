// HttpExchange: one HTTP/1.1 request and its response on a ClientChannel. cpp-httplib writes requests and parses
// responses; sockets, TLS and time are Warmgate's own, as in the server room. The only file of this room that includes
// httplib.h is http_exchange.cpp.
#pragma once

#include "client_channel.h"
#include "warmgate/cluster/http.h"

namespace warmgate::cluster {

struct Exchanged {
  HttpResult result;
  bool reusable = false;  // the connection can take another request
  bool answered = false;  // at least one byte of a response came
};

// `sink` may be nullptr: then the body is returned. The channel's patience must be that of the head.
Exchanged exchange(ClientChannel& channel, const Endpoint& endpoint, const HttpRequest& request,
                   const HttpTransport::Sink* sink, int stop_fd);

}  // namespace warmgate::cluster
