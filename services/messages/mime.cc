#include "services/messages/mime.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"

namespace gratis::messages {
namespace {

constexpr size_t kMaxAddressBytes = 254;
constexpr size_t kLineBytes = 76;      // of quoted-printable
constexpr size_t kWordBytes = 39;      // of text in one encoded word, whose line is 76 long at most
constexpr size_t kBoundaryBytes = 15;  // of a digest

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// Where the code point that begins at `from` ends.
size_t NextPoint(std::string_view text, size_t from) {
  size_t next = from + 1;
  while (next < text.size() && (static_cast<uint8_t>(text[next]) & 0xC0) == 0x80) ++next;
  return next;
}

// Text of a header as encoded words (RFC 2047), each of whole code points, on lines of their own.
std::string EncodedWords(std::string_view text) {
  std::string out;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin;
    while (end < text.size() && NextPoint(text, end) - begin <= kWordBytes)
      end = NextPoint(text, end);
    if (end == begin) end = std::min(text.size(), begin + kWordBytes);  // no valid UTF-8
    absl::StrAppend(&out, out.empty() ? "" : "\r\n ", "=?UTF-8?B?",
                    absl::Base64Escape(base::Abs(text.substr(begin, end - begin))), "?=");
    begin = end;
  }
  return out;
}

// `text` for an unstructured header; long or foreign text as encoded words. Two words of such text
// could otherwise look encoded already.
std::string HeaderText(std::string_view text) {
  if (IsPlain(text) && text.size() <= kLineBytes && !absl::StrContains(base::Abs(text), "=?")) {
    return std::string(text);
  }
  return EncodedWords(text);
}

// "Ada Lovelace <ada@example.com>".
std::string Mailbox(std::string_view name, std::string_view address) {
  if (name.empty()) return std::string(address);
  const bool is_atoms =
      IsPlain(name) && name.size() <= kLineBytes &&
      std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == ' ' || c == '-';
      });
  return absl::StrCat(is_atoms ? std::string(name) : EncodedWords(name), " <", base::Abs(address),
                      ">");
}

void AppendQuoted(std::string& out, size_t& line, std::string_view piece) {
  if (line + piece.size() > kLineBytes - 1) {
    out += "=\r\n";
    line = 0;
  }
  out += piece;
  line += piece.size();
}

// Quoted-printable (RFC 2045, 6.7): lines end by CRLF, none is longer than 76.
std::string QuotedPrintable(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  size_t line = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r') continue;
    if (c == '\n') {
      out += "\r\n";
      line = 0;
      continue;
    }
    const bool last = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
    const bool space = (c == ' ' || c == '\t') && !last;
    // A dot or "From " at the beginning of a line means something to some servers.
    const bool plain = c > ' ' && c <= '~' && c != '=' && !(line == 0 && (c == '.' || c == 'F'));
    if (plain || space) {
      AppendQuoted(out, line, text.substr(i, 1));
    } else {
      const auto byte = static_cast<uint8_t>(c);
      const char quoted[] = {'=', kDigits[byte >> 4], kDigits[byte & 15]};
      AppendQuoted(out, line, std::string_view(quoted, sizeof quoted));
    }
  }
  if (line > 0) out += "\r\n";
  return out;
}

std::string Part(std::string_view type, std::string_view text) {
  return absl::StrCat("Content-Type: ", base::Abs(type),
                      "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
                      QuotedPrintable(text));
}

std::string DomainOf(std::string_view address) {
  const size_t at = address.rfind('@');
  return std::string(at == std::string_view::npos ? "localhost" : address.substr(at + 1));
}

}  // namespace

bool IsMailable(std::string_view address) {
  if (address.size() > kMaxAddressBytes) return false;
  const size_t at = address.find('@');
  if (at == std::string_view::npos || at == 0 ||
      address.find('@', at + 1) != std::string_view::npos)
    return false;
  const std::string_view host = address.substr(at + 1);
  const bool named =
      host == "localhost" || (host.find('.') != std::string_view::npos && host.front() != '.' &&
                              host.back() != '.' && host.front() != '-');
  return named && std::all_of(address.begin(), address.end(), [](char c) {
           return c > ' ' && c <= '~' &&
                  std::string_view("<>()[]\\,;:\"").find(c) == std::string_view::npos;
         });
}

std::string MessageIdHeader(std::string_view delivery_id, std::string_view from_address) {
  return absl::StrCat("<", base::Abs(delivery_id), "@", DomainOf(from_address), ">");
}

std::string MimeText(const Email& email, std::string_view message_id, absl::Time written_at) {
  std::string out = absl::StrCat(
      "Date: ", absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000", written_at, absl::UTCTimeZone()),
      "\r\nFrom: ", Mailbox(email.from_name, email.from_address), "\r\nTo: ", email.to,
      "\r\nSubject: ", HeaderText(email.subject), "\r\nMessage-ID: ", base::Abs(message_id),
      "\r\n");
  if (!email.reply_to.empty()) absl::StrAppend(&out, "Reply-To: ", email.reply_to, "\r\n");
  if (!email.unsubscribe_url.empty() && IsPlain(email.unsubscribe_url)) {
    // RFC 8058.
    absl::StrAppend(&out, "List-Unsubscribe: <", email.unsubscribe_url,
                    ">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
  }
  absl::StrAppend(&out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
  if (email.html.empty()) return out + Part("text/plain", email.text);
  const base::Digest digest =
      base::Sha256(absl::StrCat(base::Abs(message_id), email.text, email.html));
  const std::string boundary =
      absl::StrCat("gratis-", base::Hex(base::AsBytes(digest).substr(0, kBoundaryBytes)));
  return absl::StrCat(out, "Content-Type: multipart/alternative;\r\n boundary=\"", boundary,
                      "\"\r\n\r\n--", boundary, "\r\n", Part("text/plain", email.text), "\r\n--",
                      boundary, "\r\n", Part("text/html", email.html), "\r\n--", boundary,
                      "--\r\n");
}

}  // namespace gratis::messages
