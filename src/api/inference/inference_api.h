// Predictions over HTTP: MLflow's /invocations under each endpoint (the path SageMaker's runtime
// uses, too) and the Open Inference Protocol v2. An endpoint's name is the model's name there.
#pragma once

#include <vector>

#include "domain/serving/endpoints.h"
#include "platform/rpc/endpoint.h"

namespace rondo::api {

class InferenceApi {
  public:
    explicit InferenceApi(serving::Endpoints& endpoints) : endpoints_(endpoints) {}

    // MLflow's and SageMaker's form.
    std::vector<rpc::Row> invocation_rows();
    // Open Inference Protocol v2.
    std::vector<rpc::Row> v2_rows();

    struct Named {
        std::string name, version;
        static constexpr auto fields =
            std::tuple{json::field("name", &Named::name, "Name of the endpoint"),
                       json::field("version", &Named::version, "Ignored: the route decides")};
    };
    Task<Result<net::Response>> invoke(Named, rpc::Context);
    Task<Result<net::Response>> infer(Named, rpc::Context);
    Result<net::Response> server_metadata(rpc::None, rpc::Context);
    Result<net::Response> live(rpc::None, rpc::Context);
    Result<net::Response> ready(rpc::None, rpc::Context);
    Result<net::Response> model_metadata(Named, rpc::Context);
    Result<net::Response> model_ready(Named, rpc::Context);

  private:
    struct Ready {
        std::shared_ptr<serving::Endpoint> endpoint;
        std::shared_ptr<const serving::ModelDescription> front;  // what requests are decoded by
    };
    Result<Ready> find(const std::string& name) const;

    serving::Endpoints& endpoints_;
};

}  // namespace rondo::api
