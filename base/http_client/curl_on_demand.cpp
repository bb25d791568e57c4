// libcurl brings some forty libraries with it, which cost a third of an idle program's start and memory. So the program is not linked with
// it: the functions of libcurl that this room uses are defined here, and load the library when the first of them is called.

#include <curl/curl.h>
#include <dlfcn.h>

#include <cstdarg>

#include "base/check.h"

namespace tocsin {
namespace {

void* CurlSymbol(const char* name) {
  static void* const library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    check_internal::Fail(__FILE__, __LINE__, dlerror());
  }
  void* const symbol = dlsym(library, name);
  TOCSIN_CHECK(symbol != nullptr);
  return symbol;
}

}  // namespace
}  // namespace tocsin

#define FORWARD_TO_CURL(result, name, parameters, arguments)                                      \
  extern "C" result name parameters {                                                             \
    static const auto target = reinterpret_cast<result(*) parameters>(tocsin::CurlSymbol(#name)); \
    return target arguments;                                                                      \
  }

// The variadic ones take exactly one more argument, a number or a pointer of at most 64 bits. The options are enumerations as large as an
// int, which promotion leaves alone: clang warns where it cannot know that.
static_assert(sizeof(CURLoption) == sizeof(int) && sizeof(CURLINFO) == sizeof(int) && sizeof(CURLMoption) == sizeof(int));
#pragma GCC diagnostic ignored "-Wvarargs"
#define FORWARD_TO_CURL_VARIADIC(result, name, handle_type, option_type)                                               \
  extern "C" result(name)(handle_type handle, option_type option, ...) {                                               \
    static const auto target = reinterpret_cast<result (*)(handle_type, option_type, ...)>(tocsin::CurlSymbol(#name)); \
    va_list arguments;                                                                                                 \
    va_start(arguments, option);                                                                                       \
    void* const argument = va_arg(arguments, void*);                                                                   \
    va_end(arguments);                                                                                                 \
    return target(handle, option, argument);                                                                           \
  }

FORWARD_TO_CURL(CURLcode, curl_global_init, (long flags), (flags))
FORWARD_TO_CURL(void, curl_free, (void* p), (p))
FORWARD_TO_CURL(CURL*, curl_easy_init, (), ())
FORWARD_TO_CURL(void, curl_easy_cleanup, (CURL * handle), (handle))
FORWARD_TO_CURL(void, curl_easy_reset, (CURL * handle), (handle))
FORWARD_TO_CURL(const char*, curl_easy_strerror, (CURLcode code), (code))
FORWARD_TO_CURL_VARIADIC(CURLcode, curl_easy_setopt, CURL*, CURLoption)
FORWARD_TO_CURL_VARIADIC(CURLcode, curl_easy_getinfo, CURL*, CURLINFO)

FORWARD_TO_CURL(CURLM*, curl_multi_init, (), ())
FORWARD_TO_CURL(CURLMcode, curl_multi_cleanup, (CURLM * multi), (multi))
FORWARD_TO_CURL(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL* handle), (multi, handle))
FORWARD_TO_CURL(CURLMcode, curl_multi_remove_handle, (CURLM * multi, CURL* handle), (multi, handle))
FORWARD_TO_CURL(CURLMcode, curl_multi_perform, (CURLM * multi, int* running), (multi, running))
FORWARD_TO_CURL(CURLMcode, curl_multi_poll, (CURLM * multi, curl_waitfd* extra, unsigned extra_count, int timeout_ms, int* ready),
                (multi, extra, extra_count, timeout_ms, ready))
FORWARD_TO_CURL(CURLMsg*, curl_multi_info_read, (CURLM * multi, int* queued), (multi, queued))
FORWARD_TO_CURL(CURLMcode, curl_multi_socket_action, (CURLM * multi, curl_socket_t socket, int events, int* running),
                (multi, socket, events, running))
FORWARD_TO_CURL(CURLMcode, curl_multi_assign, (CURLM * multi, curl_socket_t socket, void* data), (multi, socket, data))
FORWARD_TO_CURL_VARIADIC(CURLMcode, curl_multi_setopt, CURLM*, CURLMoption)

FORWARD_TO_CURL(curl_slist*, curl_slist_append, (curl_slist * list, const char* text), (list, text))
FORWARD_TO_CURL(void, curl_slist_free_all, (curl_slist * list), (list))

FORWARD_TO_CURL(CURLU*, curl_url, (), ())
FORWARD_TO_CURL(void, curl_url_cleanup, (CURLU * url), (url))
FORWARD_TO_CURL(CURLUcode, curl_url_set, (CURLU * url, CURLUPart part, const char* text, unsigned flags), (url, part, text, flags))
FORWARD_TO_CURL(CURLUcode, curl_url_get, (CURLU * url, CURLUPart part, char** text, unsigned flags), (url, part, text, flags))
FORWARD_TO_CURL(const char*, curl_url_strerror, (CURLUcode code), (code))
