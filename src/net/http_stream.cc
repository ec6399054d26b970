#include "net/http_stream.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "net/curl_init.h"

namespace hb {

namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;
constexpr std::size_t kMaxHeaders = 128;
constexpr milliseconds kLongestLook{1000};

SteadyTime Now() { return std::chrono::steady_clock::now(); }

struct Exchange {
  const HttpStreamCall& call;
  HttpStreamEnd& end;
  CURL* handle;
  SteadyTime heard = Now();
  bool opened = false, stopped = false, too_long = false;

  [[nodiscard]] bool Good() const { return end.status >= 200 && end.status < 300; }
  bool Take(std::string_view piece);
};

bool Exchange::Take(std::string_view piece) {
  if (Good() && call.on_data) {
    stopped = !call.on_data(piece);
    return !stopped;
  }
  const std::size_t room = call.max_body - std::min(call.max_body, end.body.size());
  too_long = Good() && piece.size() > room;
  end.body.append(piece.substr(0, room));
  return !too_long;
}

std::size_t OnData(char* data, std::size_t size, std::size_t count, void* user) {
  auto* exchange = static_cast<Exchange*>(user);
  const bool goes_on = exchange->Take({data, size * count});
  exchange->heard = Now();  // after the callback: it may have blocked
  return goes_on ? size * count : CURL_WRITEFUNC_ERROR;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return text;
}

std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* user) {
  auto* exchange = static_cast<Exchange*>(user);
  exchange->heard = Now();
  HttpStreamEnd& end = exchange->end;
  const std::string_view line = Trim({data, size * count});
  if (line.starts_with("HTTP/")) {  // an answer begins, perhaps after a 100
    end.headers.clear();
    long status = 0;
    curl_easy_getinfo(exchange->handle, CURLINFO_RESPONSE_CODE, &status);
    end.status = static_cast<int>(status);
  } else if (line.empty()) {
    if (exchange->Good() && !exchange->opened) {
      exchange->opened = true;
      if (exchange->call.on_open) exchange->call.on_open();
      exchange->heard = Now();
    }
  } else if (const auto colon = line.find(':');
             colon != std::string_view::npos && end.headers.size() < kMaxHeaders) {
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    end.headers.emplace_back(std::move(name), Trim(line.substr(colon + 1)));
  }
  return size * count;
}

void SetOptions(CURL* c, const HttpStreamCall& call, Exchange& exchange, curl_slist* headers) {
  curl_easy_setopt(c, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(call.connect_timeout.count()));
  curl_easy_setopt(c, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, OnData);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, &exchange);
  if (call.on_data) {
    curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
  }
  if (!call.body.empty() || call.method == "POST") {
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, call.body.c_str());
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
  }
}

/// What libcurl says of the one transfer that is over.
CURLcode Outcome(CURLM* multi) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) return message->data.result;
  }
  return CURLE_RECV_ERROR;
}

}  // namespace

std::string_view HttpStreamEnd::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

HttpStream::HttpStream() {
  InitCurlOnce();
  multi_ = curl_multi_init();
}

HttpStream::~HttpStream() { curl_multi_cleanup(multi_); }

void HttpStream::Interrupt() noexcept {
  interrupted_ = true;
  curl_multi_wakeup(multi_);
}

HttpStreamEnd HttpStream::Run(const HttpStreamCall& call) {
  HttpStreamEnd end;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                   curl_easy_cleanup);
  if (multi_ == nullptr || !handle) {
    end.detail = "libcurl gave no handle";
    return end;
  }
  curl_slist* list = nullptr;
  for (const std::string& header : call.headers) list = curl_slist_append(list, header.c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list,
                                                                            curl_slist_free_all);
  Exchange exchange{call, end, handle.get()};
  SetOptions(handle.get(), call, exchange, headers.get());
  curl_multi_add_handle(multi_, handle.get());
  bool silent = false, over = false;
  while (!over && !interrupted_) {
    int running = 0;
    if (curl_multi_perform(multi_, &running) != CURLM_OK) break;
    over = running == 0;
    const auto quiet = Now() - exchange.heard;
    silent = !over && quiet >= call.silence;
    if (silent) break;
    const auto left = std::chrono::duration_cast<milliseconds>(call.silence - quiet);
    // Interrupt wakes it.
    const milliseconds look = std::clamp(left, milliseconds(1), kLongestLook);
    if (!over) curl_multi_poll(multi_, nullptr, 0, static_cast<int>(look.count()), nullptr);
  }
  const CURLcode code = over ? Outcome(multi_) : CURLE_ABORTED_BY_CALLBACK;
  curl_multi_remove_handle(multi_, handle.get());
  const bool interrupted = interrupted_.exchange(false);
  if (silent) {
    end.how = HttpStreamEnd::How::kSilent;
  } else if (exchange.too_long) {
    end.how = HttpStreamEnd::How::kTooLong;
  } else if (exchange.stopped || (interrupted && !over)) {
    end.how = HttpStreamEnd::How::kStopped;
  } else if (code == CURLE_OK) {
    end.how = HttpStreamEnd::How::kDone;
  } else {
    end.detail = curl_easy_strerror(code);
  }
  return end;
}

}  // namespace hb
