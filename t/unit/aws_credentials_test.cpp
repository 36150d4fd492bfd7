// Where AWS credentials are looked for, in which order, and what is said when
// there are none.

#include "aws/credential_chain.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include "base/text.h"
#include "wire.h"

namespace {

using namespace wire_test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kImds = "http://169.254.169.254/latest/";
const std::string kRoles = kImds + "meta-data/iam/security-credentials/";

const std::string kTokenRequest =
    "PUT " + kImds + "api/token\n"
    "x-aws-ec2-metadata-token-ttl-seconds: 21600\n\n";

std::string metadata(const std::string& key, base::Duration life)
{
    return R"({"Code":"Success","AccessKeyId":")" + key
           + R"(","SecretAccessKey":"S/+=","Token":"T","Expiration":")"
           + base::format_time(kStart + life) + R"("})";
}

std::string assumed(const std::string& key)
{
    return "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws."
           "com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult>"
           "<Credentials><AccessKeyId>" + key + "</AccessKeyId>"
           "<SecretAccessKey>S&#x2f;+=</SecretAccessKey><SessionToken>T"
           "</SessionToken><Expiration>2026-11-23T01:00:00Z</Expiration>"
           "</Credentials></AssumeRoleWithWebIdentityResult>"
           "</AssumeRoleWithWebIdentityResponse>";
}

class AwsCredentials : public testing::Test {
protected:
    AwsCredentials()
    {
        char name[] = "/tmp/acme_aws.XXXXXX";
        folder = mkdtemp(name);
        std::filesystem::create_directory(folder + "/.aws");
        environment["HOME"] = folder;
    }

    ~AwsCredentials() override
    {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }

    std::string put(const std::string& name, const std::string& text,
                    mode_t mode = 0600)
    {
        const auto path = folder + "/" + name;
        std::ofstream(path) << text;
        chmod(path.c_str(), mode);
        return path;
    }

    aws::CredentialChain& chain()
    {
        if (!chain_) {
            chain_ = std::make_unique<aws::CredentialChain>(environment,
                                                            network, wire.loop);
        }
        return *chain_;
    }

    // The key id that is found, or why there is none.
    std::string get()
    {
        last = {};
        chain().get(last.callback());
        wire.loop.run_until([&] { return last.came(); });
        return last.good() ? last.value().key_id : last.message();
    }

    Wire wire;
    http::Repeater network{wire.client(), wire.loop, wire.random};
    aws::Environment environment;
    std::string folder;
    Outcome<aws::Credentials> last;

private:
    std::unique_ptr<aws::CredentialChain> chain_;
};

// --- environment -----------------------------------------------------------

TEST_F(AwsCredentials, EnvironmentComesFirst)
{
    environment.insert({{"AWS_ACCESS_KEY_ID", "AKIDENV"},
                        {"AWS_SECRET_ACCESS_KEY", "S/+="},
                        {"AWS_SESSION_TOKEN", "T"},
                        {"AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere"},
                        {"AWS_ROLE_ARN", "arn"}});
    put(".aws/credentials", "[default]\naws_access_key_id=AKIDFILE\n");
    EXPECT_EQ(get(), "AKIDENV");
    EXPECT_EQ(last.value().secret.reveal(), "S/+=");
    EXPECT_EQ(last.value().session_token.reveal(), "T");
    EXPECT_FALSE(last.value().expires);
}

TEST_F(AwsCredentials, HalfOfAKeyIsAnErrorThatDoesNotRepeatIt)
{
    environment["AWS_ACCESS_KEY_ID"] = "AKID";
    EXPECT_EQ(get(), "no AWS credentials: environment: the secret access key "
                     "is missing or malformed");
    EXPECT_EQ(last.error().kind, base::ErrorKind::config);
}

TEST_F(AwsCredentials, WhatCouldBreakAHeaderIsRefused)
{
    environment.insert({{"AWS_ACCESS_KEY_ID", "AKID"},
                        {"AWS_SECRET_ACCESS_KEY", "S"},
                        {"AWS_SESSION_TOKEN", "T\r\nHost: evil"}});
    EXPECT_EQ(get(), "no AWS credentials: environment: the session token is "
                     "malformed");
}

// --- files -----------------------------------------------------------------

TEST_F(AwsCredentials, TheDefaultProfileOfTheHomeFolder)
{
    put(".aws/credentials",
        "# mine\n[other]\naws_access_key_id = AKIDOTHER\n\n"
        "[default]\r\ns3 =\r\n  aws_access_key_id = NOT\r\n  what\r\n"
        "aws_access_key_id = AKIDFILE\r\n"
        "aws_secret_access_key = S/+=\r\n");
    EXPECT_EQ(get(), "AKIDFILE");
    EXPECT_EQ(last.value().secret.reveal(), "S/+=");
}

TEST_F(AwsCredentials, FileAndProfileByName)
{
    environment["AWS_SHARED_CREDENTIALS_FILE"] =
        put("keys", "[default]\naws_access_key_id=A\naws_secret_access_key=S\n"
                    "[acme]\naws_access_key_id=AKIDACME\n"
                    "aws_secret_access_key=S\naws_session_token=T\n");
    environment["AWS_PROFILE"] = "acme";
    EXPECT_EQ(get(), "AKIDACME");
    EXPECT_EQ(last.value().session_token.reveal(), "T");
}

TEST_F(AwsCredentials, NewKeysInTheFileCountAtOnce)
{
    put(".aws/credentials", "[default]\naws_access_key_id=OLD\n"
                            "aws_secret_access_key=S\n");
    EXPECT_EQ(get(), "OLD");
    put(".aws/credentials", "[default]\naws_access_key_id=NEW\n"
                            "aws_secret_access_key=S\n");
    EXPECT_EQ(get(), "NEW");
}

TEST_F(AwsCredentials, TheConfigurationFileHasKeysToo)
{
    environment["AWS_CONFIG_FILE"] = "~/config";
    environment["AWS_PROFILE"] = "acme";
    put("config", "[profile acme]\nregion=eu-central-1\n"
                  "aws_access_key_id=AKIDCONF\naws_secret_access_key=S\n");
    EXPECT_EQ(get(), "AKIDCONF");
}

TEST_F(AwsCredentials, AProfileThatIsNowhereIsAnErrorNotAnotherIdentity)
{
    environment["AWS_PROFILE"] = "acme";
    put(".aws/credentials", "[default]\naws_access_key_id=A\n"
                            "aws_secret_access_key=S\n");
    EXPECT_THAT(get(), AllOf(HasSubstr("profile: \"" + folder
                                       + "/.aws/credentials\" has no section "
                                         "\"acme\", \"" + folder
                                       + "/.aws/config\": No such file or "
                                         "directory"),
                             Not(HasSubstr("container"))));
    EXPECT_EQ(last.error().kind, base::ErrorKind::config);
}

TEST_F(AwsCredentials, AFileThatIsNamedHasToBeThere)
{
    environment["AWS_SHARED_CREDENTIALS_FILE"] = folder + "/missing";
    EXPECT_THAT(get(), HasSubstr("profile: \"" + folder
                                 + "/missing\": No such file or directory"));
    EXPECT_EQ(last.error().kind, base::ErrorKind::config);
}

TEST_F(AwsCredentials, AFileThatEverybodyCanReadIsRefused)
{
    put(".aws/credentials", "[default]\naws_access_key_id=AKID\n"
                            "aws_secret_access_key=SECRET\n", 0644);
    EXPECT_THAT(get(), AllOf(HasSubstr("can be read by everybody"),
                             Not(HasSubstr("SECRET"))));
}

TEST_F(AwsCredentials, AFileThatIsNoneIsReportedWithoutItsContent)
{
    put(".aws/credentials", "[default]\naws_secret_access_key=S\nSECRET\n");
    EXPECT_THAT(get(), AllOf(HasSubstr("/.aws/credentials\": line 3 is "
                                       "neither a section nor a setting"),
                             Not(HasSubstr("SECRET"))));
}

TEST_F(AwsCredentials, APipeOrAHugeFileDoesNotHoldAnythingUp)
{
    environment["AWS_SHARED_CREDENTIALS_FILE"] = folder + "/pipe";
    ASSERT_EQ(mkfifo((folder + "/pipe").c_str(), 0600), 0);
    EXPECT_THAT(get(), HasSubstr("/pipe\": it is not a regular file"));
    std::filesystem::remove(folder + "/pipe");
    put("pipe", std::string(70'000, '#'));
    EXPECT_THAT(get(), HasSubstr("/pipe\": it is too large"));
}

TEST_F(AwsCredentials, WhatIsNotSupportedIsNamed)
{
    for (const std::string name :
         {"credential_process", "sso_session", "sso_start_url",
          "source_profile", "credential_source"})
    {
        put(".aws/config", "[default]\n" + name + " = x\n");
        EXPECT_THAT(get(), HasSubstr("profile: the profile's \"" + name
                                     + "\" is not supported"));
        EXPECT_EQ(last.error().kind, base::ErrorKind::config);
    }
}

// --- web identity ----------------------------------------------------------

class AwsWebIdentity : public AwsCredentials {
protected:
    AwsWebIdentity()
    {
        environment.insert(
            {{"AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/acme"},
             {"AWS_WEB_IDENTITY_TOKEN_FILE", put("token", "ey.J+/=", 0644)}});
    }

    static std::string request(const std::string& host,
                               const std::string& token = "ey.J%2B%2F%3D")
    {
        return "POST https://" + host + "/\n"
               "Content-Type: application/x-www-form-urlencoded\n\n"
               "Action=AssumeRoleWithWebIdentity"
               "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Facme"
               "&RoleSessionName=nginx-acme-domain"
               "&Version=2011-06-15&WebIdentityToken=" + token;
    }
};

TEST_F(AwsWebIdentity, IsExchangedUnsigned)
{
    wire.answer(200, assumed("ASIASTS"));
    EXPECT_EQ(get(), "ASIASTS");
    EXPECT_EQ(last.value().secret.reveal(), "S/+=");
    EXPECT_EQ(last.value().session_token.reveal(), "T");
    EXPECT_EQ(last.value().expires, kStart + 1h);
    EXPECT_THAT(wire.sent, ElementsAre(request("sts.amazonaws.com")));
}

TEST_F(AwsWebIdentity, InTheRegionsOwnService)
{
    environment["AWS_REGION"] = "eu-central-1";
    wire.answer(200, assumed("ASIASTS"));
    get();
    EXPECT_THAT(wire.sent,
                ElementsAre(request("sts.eu-central-1.amazonaws.com")));
}

TEST_F(AwsWebIdentity, OrWhereItIsSaidToBe)
{
    environment["AWS_DEFAULT_REGION"] = "cn-north-1";
    wire.answer(200, assumed("ASIASTS")).answer(200, assumed("ASIASTS"));
    get();
    environment["AWS_ENDPOINT_URL_STS"] = "https://vpce.example";
    aws::CredentialChain named(environment, network, wire.loop);
    Outcome<aws::Credentials> outcome;
    named.get(outcome.callback());
    wire.loop.run_for(1s);
    EXPECT_TRUE(outcome.good());
    EXPECT_THAT(wire.sent,
                ElementsAre(request("sts.cn-north-1.amazonaws.com.cn"),
                            request("vpce.example")));
}

TEST_F(AwsWebIdentity, ARegionThatIsNoneIsNotPutIntoAUrl)
{
    environment["AWS_REGION"] = "x.evil.example/";
    EXPECT_THAT(get(), HasSubstr("web identity: AWS_REGION is no region"));
}

TEST_F(AwsWebIdentity, ReadsItsTokenAnewEachTime)
{
    wire.answer(200, assumed("ASIA1")).answer(200, assumed("ASIA2"));
    EXPECT_EQ(get(), "ASIA1");
    put("token", "second", 0644);
    wire.loop.run_for(50min);
    EXPECT_EQ(get(), "ASIA2");
    EXPECT_EQ(wire.sent[1], request("sts.amazonaws.com", "second"));
}

TEST_F(AwsWebIdentity, MayBeSetUpInTheConfigurationFile)
{
    const auto token = environment["AWS_WEB_IDENTITY_TOKEN_FILE"];
    environment.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
    environment.erase("AWS_ROLE_ARN");
    put(".aws/config", "[default]\n"
                       "role_arn=arn:aws:iam::123456789012:role/acme\n"
                       "web_identity_token_file=" + token + "\n");
    wire.answer(200, assumed("ASIASTS"));
    EXPECT_EQ(get(), "ASIASTS");
}

TEST_F(AwsWebIdentity, ARefusalIsNotFollowedByAnotherIdentity)
{
    wire.answer(403, "<ErrorResponse><Error><Code>AccessDenied</Code>"
                     "<Message>Not authorized</Message></Error>"
                     "</ErrorResponse>");
    EXPECT_EQ(get(), "no AWS credentials: environment: AWS_ACCESS_KEY_ID is "
                     "not set; web identity: HTTP 403 AccessDenied - Not "
                     "authorized");
    EXPECT_EQ(last.error().kind, base::ErrorKind::refused);
}

TEST_F(AwsWebIdentity, TriesThreeTimes)
{
    wire.lose().answer(503, "<html>").keep_silent();
    EXPECT_THAT(get(), HasSubstr("web identity: https://sts.amazonaws.com/: "
                                 "no answer within 10 s"));
    EXPECT_EQ(last.error().kind, base::ErrorKind::network);
    EXPECT_TRUE(wire.used_up());
}

TEST_F(AwsWebIdentity, NeedsTokenAndRole)
{
    environment["AWS_ROLE_ARN"] = "";
    EXPECT_THAT(get(), HasSubstr("a token file is named, but no role"));
}

TEST_F(AwsWebIdentity, NeedsTheFile)
{
    std::filesystem::remove(folder + "/token");
    EXPECT_THAT(get(), HasSubstr("web identity: \"" + folder
                                 + "/token\": No such file or directory"));
}

// --- container -------------------------------------------------------------

TEST_F(AwsCredentials, ContainerByRelativeUri)
{
    environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials";
    wire.answer(200, metadata("ASIAECS", 6h));
    EXPECT_EQ(get(), "ASIAECS");
    EXPECT_THAT(wire.sent,
                ElementsAre("GET http://169.254.170.2/v2/credentials\n"
                            "Accept: application/json\n\n"));
}

TEST_F(AwsCredentials, ContainerByFullUriWithItsToken)
{
    environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] =
        "http://169.254.170.23/v1/credentials";
    environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "old";
    environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] =
        put("token", "Bearer x", 0644);
    wire.answer(200, metadata("ASIAEKS", 6h));
    EXPECT_EQ(get(), "ASIAEKS");
    EXPECT_THAT(wire.sent,
                ElementsAre("GET http://169.254.170.23/v1/credentials\n"
                            "Accept: application/json\n"
                            "Authorization: Bearer x\n\n"));
}

TEST_F(AwsCredentials, AContainersTokenMayNotBreakTheHeader)
{
    environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://[::1]:51679/x";
    environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "a\r\nHost: evil";
    EXPECT_THAT(get(), HasSubstr("container: the authorization token has "
                                 "characters that no header may have"));
    EXPECT_THAT(wire.sent, ElementsAre());
}

TEST_F(AwsCredentials, CredentialsDoNotComeByPlainHttpFromAnywhere)
{
    for (const std::string url :
         {"http://evil.example/", "http://169.254.170.2.evil.example/",
          "http://169.254.170.2@evil.example/", "ftp://169.254.170.2/", "x"})
    {
        environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
        aws::CredentialChain chain(environment, network, wire.loop);
        Outcome<aws::Credentials> outcome;
        chain.get(outcome.callback());
        EXPECT_THAT(outcome.message(),
                    HasSubstr("AWS_CONTAINER_CREDENTIALS_FULL_URI: "))
            << url;
    }
    EXPECT_THAT(wire.sent, ElementsAre());
}

TEST_F(AwsCredentials, AContainersEndpointIsAskedThreeTimesTwoSecondsEach)
{
    environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
    wire.keep_silent().keep_silent().keep_silent();
    const auto begin = wire.loop.now();
    EXPECT_THAT(get(), HasSubstr("container: http://169.254.170.2/x: no "
                                 "answer within 2 s"));
    EXPECT_EQ(wire.loop.now() - begin, 2s + 1s + 2s + 2s + 2s);
}

// --- instance --------------------------------------------------------------

TEST_F(AwsCredentials, InstanceRoleByTheSecondVersion)
{
    wire.answer(200, "TOKEN==").answer(200, "acme-role\n")
        .answer(200, metadata("ASIAIMDS", 6h));
    EXPECT_EQ(get(), "ASIAIMDS");
    EXPECT_THAT(wire.sent,
                ElementsAre(kTokenRequest,
                            "GET " + kRoles
                                + "\nx-aws-ec2-metadata-token: TOKEN==\n\n",
                            "GET " + kRoles + "acme-role"
                                "\nx-aws-ec2-metadata-token: TOKEN==\n\n"));
}

TEST_F(AwsCredentials, InstanceMetadataElsewhere)
{
    environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] =
        "http://[fd00:ec2::254]/";
    wire.answer(404);
    get();
    EXPECT_THAT(wire.sent[0],
                HasSubstr("PUT http://[fd00:ec2::254]/latest/api/token\n"));
    environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://evil.example";
    aws::CredentialChain other(environment, network, wire.loop);
    Outcome<aws::Credentials> outcome;
    other.get(outcome.callback());
    EXPECT_THAT(outcome.message(),
                HasSubstr("AWS_EC2_METADATA_SERVICE_ENDPOINT: plain http is "
                          "for loopback addresses only"));
}

TEST_F(AwsCredentials, ATokenThatIsRefusedIsAskedForOnceMore)
{
    wire.answer(200, "T1").answer(401).answer(200, "T2")
        .answer(200, "acme-role").answer(200, metadata("ASIAIMDS", 6h));
    EXPECT_EQ(get(), "ASIAIMDS");
    wire.loop.run_for(6h);
    wire.answer(200, "T1").answer(401).answer(200, "T2").answer(401);
    EXPECT_THAT(get(), HasSubstr("asking for the role: it answers HTTP 401"));
}

TEST_F(AwsCredentials, AwayFromEc2ThatIsFoundOutInASecondAndAllIsNamed)
{
    wire.keep_silent();
    const auto begin = wire.loop.now();
    const auto home = "\"" + folder + "/.aws/";
    EXPECT_EQ(get(),
              "no AWS credentials: environment: AWS_ACCESS_KEY_ID is not set; "
              "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set; "
              "profile: " + home + "credentials\": No such file or directory, "
                  + home + "config\": No such file or directory; "
              "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set; "
              "instance metadata: http://169.254.169.254/latest/api/token: no "
              "answer within 1 s");
    EXPECT_EQ(last.error().kind, base::ErrorKind::network);
    EXPECT_EQ(wire.loop.now() - begin, 1s);
}

TEST_F(AwsCredentials, TheInstanceIsNotAskedWhenThatIsSwitchedOff)
{
    environment["AWS_EC2_METADATA_DISABLED"] = "True";
    EXPECT_THAT(get(), HasSubstr("; instance metadata: "
                                 "AWS_EC2_METADATA_DISABLED is set"));
    EXPECT_EQ(last.error().kind, base::ErrorKind::config);
    EXPECT_THAT(wire.sent, ElementsAre());
}

TEST_F(AwsCredentials, AnInstanceWithoutARoleSaysSo)
{
    wire.answer(200, "T").answer(404);
    EXPECT_THAT(get(), HasSubstr("this instance has no role"));
}

TEST_F(AwsCredentials, MetadataThatMakesNoSenseIsNotUsed)
{
    struct Case {
        std::string body;
        std::string said;
    };
    const Case cases[] = {
        {R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot"})",
         "it says AssumeRoleUnauthorizedAccess EC2 cannot"},
        {"<html>", "no JSON"},
        {metadata("ASIA", -1h), "what it gives has expired"},
        {metadata("AS IA", 1h), "the access key id is missing or malformed"},
        {R"({"AccessKeyId":"A","SecretAccessKey":"S","Token":"T"})",
         "the credentials' \"Expiration\" is no time"},
    };
    for (const auto& each : cases) {
        wire.answer(200, "T").answer(200, "role").answer(200, each.body);
        EXPECT_THAT(get(), HasSubstr("instance metadata: " + each.said));
    }
    wire.answer(200, "T").answer(200, "../../x");
    EXPECT_THAT(get(), HasSubstr("asking for the role"));
    wire.answer(200, "T\r\nX: y");
    EXPECT_THAT(get(), HasSubstr("asking for a token"));
}

// --- keeping ---------------------------------------------------------------

class AwsKept : public AwsCredentials {
protected:
    AwsKept()
    {
        environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
    }
};

TEST_F(AwsKept, UntilAQuarterOfAnHourBeforeTheirEnd)
{
    wire.answer(200, metadata("FIRST", 6h)).answer(200, metadata("SECOND",
                                                                 12h));
    get();
    wire.loop.run_for(5h + 44min);
    EXPECT_EQ(get(), "FIRST");
    wire.loop.run_for(1min);
    EXPECT_EQ(get(), "SECOND");
}

TEST_F(AwsKept, OrTheLastQuarterOfAShortLife)
{
    wire.answer(200, metadata("FIRST", 8min)).answer(200, metadata("SECOND",
                                                                   16min));
    get();
    wire.loop.run_for(5min);
    EXPECT_EQ(get(), "FIRST");
    wire.loop.run_for(1min);
    EXPECT_EQ(get(), "SECOND");
}

TEST_F(AwsKept, AndLongerWhenNoNewOnesAreToBeHad)
{
    wire.answer(200, metadata("FIRST", 6h)).answer(404).answer(404);
    get();
    wire.loop.run_for(5h + 50min);
    EXPECT_EQ(get(), "FIRST");
    EXPECT_EQ(get(), "FIRST");
    EXPECT_EQ(wire.sent.size(), 2u);
    wire.loop.run_for(9min + 30s);
    EXPECT_THAT(get(), HasSubstr("container: it answers HTTP 404"));
}

TEST_F(AwsKept, NotWhenTheyHaveBeenRefused)
{
    wire.answer(200, metadata("FIRST", 6h)).answer(200, metadata("SECOND",
                                                                 6h));
    get();
    chain().forget();
    EXPECT_EQ(get(), "SECOND");
}

TEST_F(AwsKept, SeveralWhoAskShareOneAnswer)
{
    wire.answer(200, metadata("FIRST", 6h));
    Outcome<aws::Credentials> a, b;
    chain().get(a.callback());
    chain().get(b.callback());
    wire.loop.run_for(1s);
    EXPECT_TRUE(a.good() && b.good());
    EXPECT_EQ(wire.sent.size(), 1u);
}

}  // namespace
