# The vocabulary of the build: what a library, a program, a test and an embedded SQL file are.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(THREADS_PREFER_PTHREAD_FLAG ON)

# --- build types -------------------------------------------------------------------------------
set(GRATIS_BUILD_TYPES Release Debug Asan Tsan Fuzz)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "One of ${GRATIS_BUILD_TYPES}" FORCE)
endif()
set_property(CACHE CMAKE_BUILD_TYPE PROPERTY STRINGS ${GRATIS_BUILD_TYPES})
if(NOT CMAKE_BUILD_TYPE IN_LIST GRATIS_BUILD_TYPES)
  message(FATAL_ERROR "CMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE} is not one of: ${GRATIS_BUILD_TYPES}")
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1 -D_GLIBCXX_ASSERTIONS")
set(CMAKE_CXX_FLAGS_ASAN "-O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all")
set(CMAKE_CXX_FLAGS_TSAN "-O1 -g1 -fno-omit-frame-pointer -fsanitize=thread")
set(CMAKE_CXX_FLAGS_FUZZ "${CMAKE_CXX_FLAGS_ASAN} -fsanitize=fuzzer-no-link")
set(CMAKE_EXE_LINKER_FLAGS_FUZZ "-fsanitize=address,undefined")
set(CMAKE_EXE_LINKER_FLAGS_ASAN "-fsanitize=address,undefined")
set(CMAKE_EXE_LINKER_FLAGS_TSAN "-fsanitize=thread")

# Nine tenths of what a file compiles are the headers it shares with its neighbors. Compiled some at a time, the house
# takes a quarter of the time, and one changed file three times as long: who edits one file over and over turns it off.
# What a file keeps to itself has a name that no other file of its target uses, so that either way is the same.
option(GRATIS_UNITY "Compile the files of a target some at a time" ON)
set(CMAKE_UNITY_BUILD ${GRATIS_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths relative to the source tree, so that several build folders share what one has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()

# --- what everything stands on -----------------------------------------------------------------
include(GNUInstallDirs)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(spdlog REQUIRED)
find_package(mimalloc REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)

add_library(gratis_warnings INTERFACE)
# Fuzz builds with another compiler, whose opinions on style are not asked for.
if(NOT CMAKE_BUILD_TYPE STREQUAL "Fuzz")
  target_compile_options(gratis_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                         -Woverloaded-virtual -Wimplicit-fallthrough -Wno-missing-field-initializers -Wno-restrict -Werror)
  # A .cc file that is compiled together with others is no header whose types others might see.
  if(GRATIS_UNITY)
    target_compile_options(gratis_warnings INTERFACE -Wno-subobject-linkage)
  endif()
endif()

# gratis_add_folders(<folder>...): every folder below that has a CMakeLists.txt; nobody edits a list.
function(gratis_add_folders)
  foreach(folder IN LISTS ARGN)
    file(GLOB_RECURSE lists CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${folder}/CMakeLists.txt)
    list(SORT lists)
    foreach(list IN LISTS lists)
      cmake_path(GET list PARENT_PATH dir)
      add_subdirectory(${CMAKE_SOURCE_DIR}/${dir} ${CMAKE_BINARY_DIR}/${dir})
    endforeach()
  endforeach()
endfunction()

# Texts that are compiled in: a header of named constants, made at build time from files.
function(gratis_embed name kind header files)
  add_custom_command(
    OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DKIND=${kind} -DHEADER=${header} "-DFILES=${files}"
            -P ${CMAKE_SOURCE_DIR}/common/build/embed.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/common/build/embed.cmake
    VERBATIM)
endfunction()

# gratis_library(<name> SOURCES.. [SQL..] [MIGRATIONS..] [DEPS..] [EXTERNAL..])
# Target gratis_<name>. DEPS are names of other such libraries; EXTERNAL are CMake targets.
function(gratis_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;SQL;MIGRATIONS;DEPS;EXTERNAL" ${ARGN})
  set(target gratis_${name})
  set(generated "")
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE dir)
  foreach(kind SQL MIGRATIONS)
    if(arg_${kind})
      string(TOLOWER ${kind} suffix)
      list(TRANSFORM arg_${kind} PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
      set(header ${CMAKE_BINARY_DIR}/generated/${dir}/${name}_${suffix}.h)
      gratis_embed(${name} ${suffix} ${header} "${files}")
      list(APPEND generated ${header})
    endif()
  endforeach()
  list(TRANSFORM arg_DEPS PREPEND gratis_)
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES} ${generated})
    target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
    target_link_libraries(${target} PUBLIC ${arg_DEPS} ${arg_EXTERNAL} PRIVATE gratis_warnings)
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
    target_link_libraries(${target} INTERFACE ${arg_DEPS} ${arg_EXTERNAL})
  endif()
  add_library(gratis::${name} ALIAS ${target})
endfunction()

# gratis_program(<name> SOURCES.. DEPS..): build/bin/<name>, installed.
function(gratis_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;EXTERNAL" ${ARGN})
  list(TRANSFORM arg_DEPS PREPEND gratis_)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} ${arg_EXTERNAL} gratis_warnings)
  gratis_allocate_fast(${name})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# A call through gRPC allocates some hundred times, on one thread, and frees on another: mimalloc does
# that at a fraction of what it costs with glibc's. It takes the place of malloc and new by being linked
# before libc; the sanitizers bring allocators of their own.
function(gratis_allocate_fast target)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_link_libraries(${target} PRIVATE mimalloc)
  endif()
endfunction()

# gratis_test(<name> SOURCES.. DEPS.. [LABELS..] [TIMEOUT s]): a GoogleTest binary, a ctest case per test.
function(gratis_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPS;EXTERNAL;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  list(TRANSFORM arg_DEPS PREPEND gratis_)
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(${name} PRIVATE ${arg_DEPS} ${arg_EXTERNAL} GTest::gmock_main gratis_warnings)
  # Libraries are compiled as they will run; a test's own files need not be.
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${name} PRIVATE -O1)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  gtest_discover_tests(${name} TEST_PREFIX "${name}/" DISCOVERY_MODE PRE_TEST
                       PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()

# gratis_proto(<area> PROTOS.. [DEPS..]): the generated messages and services of one area, built once.
function(gratis_proto area)
  cmake_parse_arguments(arg "" "" "PROTOS;DEPS" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/generated)
  set(messages "")
  set(services "")
  foreach(proto IN LISTS arg_PROTOS)
    cmake_path(REMOVE_EXTENSION proto OUTPUT_VARIABLE stem)
    set(made ${out}/${stem}.pb.cc ${out}/${stem}.pb.h ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
    add_custom_command(
      OUTPUT ${made}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${out}
      COMMAND protobuf::protoc --proto_path=${CMAKE_SOURCE_DIR}/proto --cpp_out=${out} --grpc_out=${out}
              --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin> ${CMAKE_SOURCE_DIR}/proto/${proto}
      DEPENDS ${CMAKE_SOURCE_DIR}/proto/${proto}
      VERBATIM)
    list(APPEND messages ${out}/${stem}.pb.cc)
    list(APPEND services ${out}/${stem}.grpc.pb.cc)
  endforeach()
  list(TRANSFORM arg_DEPS PREPEND gratis_)
  add_library(gratis_proto_${area} STATIC ${messages} ${services})
  # Of a service's code nine tenths are the headers of gRPC: together they compile in a fifth of the time. Messages'
  # code has names that it shares with none.
  set_target_properties(gratis_proto_${area} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
  set_source_files_properties(${messages} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_include_directories(gratis_proto_${area} SYSTEM PUBLIC ${out})
  target_link_libraries(gratis_proto_${area} PUBLIC ${arg_DEPS} protobuf::libprotobuf gRPC::grpc++)
endfunction()

# Targets `format`, `format-check` and `lint` over what git tracks.
function(gratis_add_lint)
  foreach(target format format-check lint)
    add_custom_target(${target} COMMAND ${CMAKE_SOURCE_DIR}/tests/tidy/style ${target} ${CMAKE_BINARY_DIR}
                      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} USES_TERMINAL VERBATIM)
  endforeach()
endfunction()
