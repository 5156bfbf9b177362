#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "grpc_standard/health.grpc.pb.h"
#include "grpc_standard/reflection.grpc.pb.h"
#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ::grpc::reflection::v1alpha::ServerReflectionRequest;
using ::grpc::reflection::v1alpha::ServerReflectionResponse;
using ::testing::Contains;
using ::testing::IsSupersetOf;

// What probes and tools such as grpcurl ask of any gRPC server.
class AgentProbes : public ::testing::Test {
 protected:
  // A context that no test outlives.
  struct Context : grpc::ClientContext {
    Context() { set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60)); }
  };

  void SetUp() override {
    agent_ = bench_.StartAgent();
    ASSERT_NE(agent_, nullptr);
    channel_ = grpc::CreateChannel(agent_->address(), grpc::InsecureChannelCredentials());
    health_ = grpc::health::v1::Health::NewStub(channel_);
  }

  grpc::Status Check(const std::string& service, HealthCheckResponse* response) {
    HealthCheckRequest request;
    request.set_service(service);
    Context context;
    return health_->Check(&context, request, response);
  }

  ServerReflectionResponse Reflect(const ServerReflectionRequest& request) {
    Context context;
    const auto stream =
        grpc::reflection::v1alpha::ServerReflection::NewStub(channel_)->ServerReflectionInfo(
            &context);
    ServerReflectionResponse response;
    EXPECT_TRUE(stream->Write(request));
    EXPECT_TRUE(stream->Read(&response));
    stream->WritesDone();
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  Workbench bench_;
  std::unique_ptr<AgentProcess> agent_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

TEST_F(AgentProbes, TheServerAndEachServiceAreHealthy) {
  for (const char* service : {"", "edgebench.v1.AgentService", "edgebench.v1.ArtifactService"}) {
    HealthCheckResponse response;
    const grpc::Status status = Check(service, &response);
    EXPECT_TRUE(status.ok()) << "'" << service << "': " << status.error_message();
    EXPECT_EQ(response.status(), HealthCheckResponse::SERVING) << "'" << service << "'";
  }
}

TEST_F(AgentProbes, TheHealthOfAnUnknownServiceIsNotFound) {
  HealthCheckResponse response;
  EXPECT_EQ(Check("edgebench.v1.NoSuchService", &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(AgentProbes, AWatcherOfItsHealthIsToldWhenItStops) {
  HealthCheckRequest request;
  request.set_service("edgebench.v1.AgentService");
  Context context;
  const auto reader = health_->Watch(&context, request);
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  agent_->process().Signal(SIGTERM);
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  const auto state = agent_->process().Wait(absl::Seconds(30));
  ASSERT_TRUE(state.has_value()) << "a watcher must not keep it";
  EXPECT_EQ(state->code, 0) << agent_->process().errors();
}

TEST_F(AgentProbes, ReflectionListsItsServices) {
  ServerReflectionRequest request;
  request.set_list_services("");
  const ServerReflectionResponse response = Reflect(request);
  std::vector<std::string> names;
  for (const auto& service : response.list_services_response().service()) {
    names.push_back(service.name());
  }
  EXPECT_THAT(names, IsSupersetOf({"edgebench.v1.AgentService", "edgebench.v1.ArtifactService",
                                   "grpc.health.v1.Health"}));
}

TEST_F(AgentProbes, ReflectionDescribesItsCalls) {
  ServerReflectionRequest request;
  request.set_file_containing_symbol("edgebench.v1.AgentService");
  const ServerReflectionResponse response = Reflect(request);
  std::vector<std::string> calls;
  for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(file.ParseFromString(bytes));
    for (const auto& service : file.service()) {
      for (const auto& method : service.method()) calls.push_back(method.name());
    }
  }
  EXPECT_THAT(calls, Contains("SubmitJob"));
}

}  // namespace
}  // namespace edgebench
