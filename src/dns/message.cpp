#include "dns/message.h"

#include <algorithm>

#include "dns/wire.h"

namespace dns {

namespace {

// The rest of an OPT record's TTL is the upper part of the rcode.
constexpr std::uint32_t kLowerTtl = 0x00ffffff;

base::Error malformed(const char* what)
{
    return {base::ErrorKind::protocol, what};
}

struct Counts {
    unsigned questions;
    unsigned answers;
    unsigned authority;
    unsigned additional;
};

Counts read_counts(Reader& reader)
{
    reader.take(4);
    Counts counts{};
    counts.questions = reader.u16();
    counts.answers = reader.u16();
    counts.authority = reader.u16();
    counts.additional = reader.u16();
    return counts;
}

std::vector<Question> read_questions(Reader& reader, unsigned count)
{
    std::vector<Question> questions;
    while (count-- > 0 && !reader.failed()) {
        auto& question = questions.emplace_back();
        question.name = reader.name();
        question.type = Type(reader.u16());
        question.rr_class = Class(reader.u16());
    }
    return questions;
}

// The types of RFC 1035 whose names may be compressed, as far as anybody asks
// for them, and DNAME. All others are what they are (RFC 3597, section 4).
std::string read_rdata(Reader& data, Type type)
{
    const auto name = [&] { return std::string(data.name().wire()); };
    switch (type) {
    case Type::ns:
    case Type::cname:
    case Type::ptr:
    case Type::dname: return name();
    case Type::mx: {
        std::string preference(data.take(2));
        return preference + name();
    }
    case Type::soa: {
        auto names = name();
        names += name();
        return names.append(data.take(5 * sizeof(std::uint32_t)));
    }
    default: return std::string(data.rest());
    }
}

Record read_record(Reader& reader)
{
    Record record;
    record.name = reader.name();
    record.type = Type(reader.u16());
    record.rr_class = Class(reader.u16());
    record.ttl = reader.u32();
    const std::size_t size = reader.u16();
    auto data = reader.part(size);
    // Without rdata a record stands for a set, in an update (RFC 2136, 2.5.2).
    if (size > 0) {
        record.rdata = read_rdata(data, record.type);
    }
    if (!data.complete()) {
        reader.fail();
    }
    return record;
}

Records read_records(Reader& reader, unsigned count)
{
    Records records;
    while (count-- > 0 && !reader.failed()) {
        records.push_back(read_record(reader));
    }
    return records;
}

// The first, if there is one.
template <typename AnyRecords>
auto opt_among(AnyRecords& records)
{
    return std::find_if(records.begin(), records.end(), [](const auto& r) {
        return r.type == Type::opt;
    });
}

void take_upper_rcode(Message& message)
{
    const auto opt = opt_among(message.additional);
    if (opt != message.additional.end()) {
        const unsigned lower = unsigned(message.header.rcode);
        message.header.rcode = Rcode((opt->ttl & ~kLowerTtl) >> 20 | lower);
        opt->ttl &= kLowerTtl;
    }
}

class Writer {
public:
    explicit Writer(const Message& message) : message_(message) {}

    std::string write()
    {
        put_header();
        for (const auto& question : message_.questions) {
            put_question(question);
        }
        for (const auto* records :
             {&message_.answers, &message_.authority, &message_.additional})
        {
            for (const auto& record : *records) {
                put_record(record);
            }
        }
        return std::move(out_);
    }

private:
    void put_header()
    {
        auto header = message_.header;
        const auto opt = opt_among(message_.additional);
        if (opt != message_.additional.end()) {
            opt_ = &*opt;
        } else if (unsigned(header.rcode) > 15) {
            header.rcode = Rcode::server_failure;
        }
        put_u16(out_, header.id);
        put_u16(out_, pack_flags(header));
        put_u16(out_, std::uint16_t(message_.questions.size()));
        put_u16(out_, std::uint16_t(message_.answers.size()));
        put_u16(out_, std::uint16_t(message_.authority.size()));
        put_u16(out_, std::uint16_t(message_.additional.size()));
    }

    void put_question(const Question& question)
    {
        out_ += question.name.wire();
        put_u16(out_, std::uint16_t(question.type));
        put_u16(out_, std::uint16_t(question.rr_class));
    }

    void put_record(const Record& record)
    {
        put_name(record.name);
        put_u16(out_, std::uint16_t(record.type));
        put_u16(out_, std::uint16_t(record.rr_class));
        put_u32(out_, &record == opt_ ? opt_ttl() : record.ttl);
        put_u16(out_, std::uint16_t(record.rdata.size()));
        out_ += record.rdata;
    }

    std::uint32_t opt_ttl() const
    {
        const unsigned upper = unsigned(message_.header.rcode) >> 4;
        return (upper << 24) | (opt_->ttl & kLowerTtl);
    }

    // Whole, or a pointer into the first question's name, which stands behind
    // the header. Only to the same letters: case is kept.
    void put_name(const Name& name)
    {
        if (!message_.questions.empty() && !name.is_root()) {
            const auto asked = message_.questions.front().name.wire();
            if (asked.ends_with(name.wire())) {
                const auto skipped = asked.size() - name.wire().size();
                put_u16(out_, std::uint16_t(0xc000 + kHeaderSize + skipped));
                return;
            }
        }
        out_ += name.wire();
    }

    const Message& message_;
    const Record* opt_ = nullptr;
    std::string out_;
};

}  // namespace

base::Result<Message> parse_message(std::string_view bytes)
{
    auto header = parse_header(bytes);
    if (!header) {
        return header.error();
    }
    Reader reader(bytes);
    const auto counts = read_counts(reader);
    Message message;
    message.header = *header;
    message.questions = read_questions(reader, counts.questions);
    message.answers = read_records(reader, counts.answers);
    message.authority = read_records(reader, counts.authority);
    message.additional = read_records(reader, counts.additional);
    if (!reader.complete()) {
        return malformed(reader.failed()
                             ? "malformed DNS message"
                             : "DNS message with bytes behind its end");
    }
    take_upper_rcode(message);
    return message;
}

base::Result<std::string> encode(const Message& message)
{
    auto bytes = Writer(message).write();
    // Numbers that did not fit their fields have made it longer than this.
    if (bytes.size() > kMaxMessage) {
        return base::Error{base::ErrorKind::internal,
                           "longer than a DNS message can be"};
    }
    return bytes;
}

base::Result<std::size_t> last_record(std::string_view bytes)
{
    Reader reader(bytes);
    const auto counts = read_counts(reader);
    read_questions(reader, counts.questions);
    const auto records =
        counts.answers + counts.authority + counts.additional;
    if (records == 0) {
        return malformed("DNS message without records");
    }
    read_records(reader, records - 1);
    if (reader.failed()) {
        return malformed("malformed DNS message");
    }
    return reader.position();
}

}  // namespace dns
