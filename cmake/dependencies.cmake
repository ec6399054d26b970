# Third-party parts. Each has a record in docs/decisions/ and a line in NOTICE.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(simdjson REQUIRED)
find_package(ZLIB REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(CLI11 REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(Boost 1.81 REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(avro REQUIRED IMPORTED_TARGET avro-c)
pkg_check_modules(rocksdb REQUIRED IMPORTED_TARGET rocksdb)
pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka)

# DuckDB comes as a pinned prebuilt library, which `./hb` fetches into .cache/ and checks; its one header is
# in third_party/.
set(HB_DUCKDB_LIBRARY ${CMAKE_SOURCE_DIR}/.cache/duckdb/libduckdb.so CACHE FILEPATH "DuckDB 1.5.6")
if(NOT EXISTS ${HB_DUCKDB_LIBRARY})
  message(FATAL_ERROR "${HB_DUCKDB_LIBRARY} is not there: run ./hb build, which fetches it")
endif()
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION ${HB_DUCKDB_LIBRARY}
  IMPORTED_NO_SONAME ON
  INTERFACE_INCLUDE_DIRECTORIES ${CMAKE_SOURCE_DIR}/third_party/duckdb)

# OpenVINO runs transformers. Nothing is linked: neural/openvino_library.cc opens it when a transformer is asked for
# (docs/decisions/0012), from where `./hb` puts its libraries or where HEARTBEAT_OPENVINO says. These are its C headers.
set(HB_OPENVINO_DIR ${CMAKE_SOURCE_DIR}/.cache/openvino CACHE PATH "folder of libopenvino_c.so, OpenVINO 2026.4.1")
add_library(openvino INTERFACE IMPORTED)
set_target_properties(openvino PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${CMAKE_SOURCE_DIR}/third_party/openvino)
