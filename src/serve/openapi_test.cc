#include "serve/openapi.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "serve/api_testing.h"
#include "serve/router.h"

namespace hb {
namespace {

/// All texts of members "$ref".
void Refs(simdjson::dom::element element, std::set<std::string>& out) {
  if (element.is_array()) {
    for (const auto child : simdjson::dom::array(element)) Refs(child, out);
  }
  if (!element.is_object()) return;
  for (const auto member : simdjson::dom::object(element)) {
    std::string_view text;
    if (member.key == "$ref" && member.value.get(text) == simdjson::SUCCESS)
      out.insert(std::string(text));
    Refs(member.value, out);
  }
}

// tests/http checks the document with an independent validator.
TEST(OpenApi, EveryRouteAndEverySchemaIsThere) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const std::string json = OpenApiJson();
  ASSERT_EQ(parser.parse(json).get(root), simdjson::SUCCESS);
  for (const Route& route : Routes()) {
    simdjson::dom::element path;
    EXPECT_EQ(root["paths"][route.pattern].get(path), simdjson::SUCCESS) << route.pattern;
  }
  std::set<std::string> refs;
  Refs(root, refs);
  EXPECT_GT(refs.size(), 20u);
  for (const std::string& ref : refs)
    EXPECT_EQ(root.at_pointer(ref.substr(1)).error(), simdjson::SUCCESS) << ref;
}

TEST(OpenApi, TheReferencePageIsUpToDate) {
  const std::string path = HB_SOURCE_DIR "/docs/reference/http.md";
  if (std::getenv("HB_WRITE_REFERENCE") != nullptr) std::ofstream(path) << HttpReference();
  std::ifstream file(path);
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(page, HttpReference())
      << "make it anew: HB_WRITE_REFERENCE=1 hb_serve_test --gtest_filter=OpenApi.*";
}

TEST_F(ApiTest, MetricsAreTextForPrometheusAndOpenMetrics) {
  backend_->status.posts_total = 42;
  backend_->status.sources.resize(2);
  backend_->status.sources[0].name = "a \"b\"\\\n";
  backend_->status.sources[0].kind = "replay";
  backend_->status.sources[0].posts = 7;
  backend_->status.sources[1].name = "c";
  backend_->status.stages = {{.name = "ingest", .lag = 5, .commits = 8},
                             {.name = "store", .lag = 6, .failed_commits = 3, .rebalances = 2}};
  const HttpResponse plain = Get("/metrics");
  EXPECT_EQ(plain.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(plain.body.find("# TYPE heartbeat_posts_total counter\nheartbeat_posts_total 42\n"),
            std::string::npos)
      << plain.body;
  EXPECT_NE(plain.body.find(
                "heartbeat_source_posts_total{source=\"a \\\"b\\\"\\\\\\n\",kind=\"replay\"} 7\n"),
            std::string::npos)
      << plain.body;
  EXPECT_NE(
      plain.body.find(
          "heartbeat_stage_lag_records{stage=\"ingest\"} 5\nheartbeat_stage_lag_records{stage=\"store\"} 6\n"),
      std::string::npos);
  for (const char* line : {"heartbeat_stage_commits_total{stage=\"ingest\"} 8\n",
                           "heartbeat_stage_failed_commits_total{stage=\"store\"} 3\n",
                           "heartbeat_stage_rebalances_total{stage=\"store\"} 2\n"}) {
    EXPECT_NE(plain.body.find(line), std::string::npos) << line;
  }
  const HttpResponse open = Ask("GET", "/metrics", {}, "",
                                {{"accept", "application/openmetrics-text; version=1.0.0,*/*"}});
  EXPECT_EQ(open.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_NE(open.body.find("# TYPE heartbeat_posts counter\nheartbeat_posts_total 42\n"),
            std::string::npos)
      << open.body;
  EXPECT_EQ(open.body.substr(open.body.size() - 6), "# EOF\n");
}

}  // namespace
}  // namespace hb
