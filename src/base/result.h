// Result<T>: a value or an Error. The project's own code does not throw;
// whatever can fail returns one of these, and the compiler refuses to let it
// be dropped.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/time.h"

namespace base {

struct Problem;

// What went wrong, as far as policy is concerned: the scheduler decides on
// the kind alone, people read the message.
enum class ErrorKind {
    network,       // no answer: refused, timed out, reset, bad TLS
    protocol,      // an answer that makes no sense (HTML, wrong JSON), or 5xx
    refused,       // the CA said no, and saying it again will not help
    rate_limited,  // the CA said "not now"
    crypto,        // keys and certificates
    storage,       // the state directory
    config,        // the operator's input
    internal,      // everything that should not happen
};

struct Error {
    ErrorKind kind;
    std::string message;
    // The earliest moment the other side allows another try, when it said so.
    std::optional<Time> retry_at = std::nullopt;
    // What the other side said, in its own words (base/problem.h).
    std::shared_ptr<const Problem> problem = nullptr;

    // The same error, with what was being done put before the message.
    Error in(std::string_view doing) &&
    {
        message.insert(0, std::string(doing) + ": ");
        return std::move(*this);
    }
};

template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return state_.index() == 0; }

    // Only after the bool was true.
    T& operator*() { return *std::get_if<0>(&state_); }
    const T& operator*() const { return *std::get_if<0>(&state_); }
    T* operator->() { return std::get_if<0>(&state_); }
    const T* operator->() const { return std::get_if<0>(&state_); }

    // Only after the bool was false.
    Error& error() { return *std::get_if<1>(&state_); }
    const Error& error() const { return *std::get_if<1>(&state_); }

    // What a caller returns upward: `return std::move(r).error_in("...")`.
    Error error_in(std::string_view doing) &&
    {
        return std::move(error()).in(doing);
    }

private:
    std::variant<T, Error> state_;
};

struct Success {};

// The Result of what gives nothing but may fail.
using Status = Result<Success>;

inline Status ok() { return Success{}; }

}  // namespace base
