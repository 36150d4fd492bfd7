// Wire: the other end of the providers' connections. Requests are written
// down to the byte, answers come from a script, one after the other, ten
// milliseconds later unless told otherwise.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/client.h"
#include "manager_loop.h"

namespace wire_test {

using manager_test::kStart;
using namespace std::chrono_literals;

class StillRandom : public base::Random {
public:
    double uniform() override { return 0; }
};

class Wire {
public:
    manager_test::Loop loop;
    StillRandom random;
    // "GET https://...\nHeader: value\n\nbody"; a signature is a line
    // "(signed us-east-1/route53 KEY SECRET)" before the headers.
    std::vector<std::string> sent;

    Wire& answer(int status, std::string body = "", http::Headers headers = {})
    {
        script_.emplace_back(
            http::Response{status, std::move(headers), std::move(body)});
        return *this;
    }

    Wire& lose(const std::string& why = "connection reset")
    {
        script_.emplace_back(base::Error{base::ErrorKind::network, why});
        return *this;
    }

    // What is answered next takes so long.
    Wire& delay(base::Duration duration)
    {
        delay_ = duration;
        return *this;
    }

    // This one is never answered.
    Wire& keep_silent()
    {
        script_.emplace_back(std::nullopt);
        return *this;
    }

    bool used_up() const { return script_.empty(); }

    std::unique_ptr<http::Client> client()
    {
        return std::make_unique<Client>(*this);
    }

private:
    using Answer = std::optional<base::Result<http::Response>>;

    class Client : public http::Client {
    public:
        explicit Client(Wire& wire) : wire_(wire) {}

        void send(http::Request request, http::Completion completion) override
        {
            wire_.sent.push_back(text_of(request));
            auto answer = wire_.next(request.url);
            if (!answer) {
                return;
            }
            timers_.push_back(wire_.loop.after(
                wire_.delay_, [answer, completion] { completion(*answer); }));
        }

    private:
        Wire& wire_;
        std::vector<std::unique_ptr<base::Timer>> timers_;
    };

    static std::string name_of(http::Request::Method method)
    {
        static constexpr const char* kNames[] = {"GET", "HEAD", "POST", "PUT",
                                                 "DELETE"};
        return kNames[int(method)];
    }

    static std::string text_of(const http::Request& request)
    {
        std::string text = name_of(request.method) + " " + request.url + "\n";
        if (const auto& signature = request.aws_signature) {
            text += "(signed " + signature->region + "/" + signature->service
                    + " " + signature->key_id + " "
                    + std::string(signature->secret.reveal()) + ")\n";
        }
        for (const auto& [name, value] : request.headers) {
            text += name + ": " + value + "\n";
        }
        return text + "\n" + std::string(http::body_of(request));
    }

    Answer next(const std::string& url)
    {
        if (script_.empty()) {
            ADD_FAILURE() << "nobody expected a request to " << url;
            return std::nullopt;
        }
        auto answer = std::move(script_.front());
        script_.pop_front();
        return answer;
    }

    std::deque<Answer> script_;
    base::Duration delay_ = 10ms;
};

// What a callback was called with, and how often.
template <typename T>
class Outcome {
public:
    std::function<void(base::Result<T>)> callback()
    {
        return [this](base::Result<T> result) {
            EXPECT_FALSE(result_) << "called twice";
            result_ = std::move(result);
        };
    }

    bool came() const { return result_.has_value(); }
    bool good() const { return result_ && *result_; }
    const T& value() const { return **result_; }
    base::Error error() const
    {
        return result_ && !*result_
            ? result_->error()
            : base::Error{base::ErrorKind::internal, "(no error)"};
    }
    std::string message() const { return error().message; }

private:
    std::optional<base::Result<T>> result_;
};

using Ending = Outcome<base::Success>;

}  // namespace wire_test
