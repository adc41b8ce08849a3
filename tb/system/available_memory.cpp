// SPDX-License-Identifier: Apache-2.0
#include "tb/system/available_memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#include "workloads/settings/text.h"

namespace dlac::tb {
namespace {

namespace fs = std::filesystem;

/// The number that a file begins with; nullopt for no such file, and for "max".
std::optional<std::uint64_t> number_in(const fs::path& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

/// The number behind `key` in a file of lines "key number" or "key: number kB".
std::optional<std::uint64_t> value_of(const fs::path& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t value = 0;
    if (words >> name >> value && name == key) return value;
  }
  return std::nullopt;
}

/// Pages of the process: all of its address space, and those in memory.
struct ProcessPages {
  std::uint64_t space = 0, resident = 0;
};
ProcessPages process_pages(const std::string& root) {
  ProcessPages pages;
  std::ifstream(root + "/proc/self/statm") >> pages.space >> pages.resident;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return {pages.space * page, pages.resident * page};
}

/// The names of one version's files in a control group.
struct GroupFiles {
  const char* limit;
  const char* usage;
  const char* cache[2];  ///< page cache, in memory.stat
};
constexpr GroupFiles Version2{"memory.max", "memory.current", {"inactive_file", "active_file"}};
constexpr GroupFiles Version1{
    "memory.limit_in_bytes", "memory.usage_in_bytes", {"total_inactive_file", "total_active_file"}};

/// What a control group and those above it, up to `top`, leave to the process.
class GroupLimits {
 public:
  GroupLimits(AvailableMemory& available, std::uint64_t resident) : available_(available), resident_(resident) {}

  void look_at(const fs::path& top, const std::string& group, const GroupFiles& files) {
    // A container may see its own group as the top, under the name that it has outside.
    fs::path folder = top;
    bound(folder, files);
    for (const fs::path& part : fs::path(group).relative_path()) {
      folder /= part;
      bound(folder, files);
    }
  }

 private:
  void bound(const fs::path& folder, const GroupFiles& files) {
    const std::optional<std::uint64_t> limit = number_in(folder / files.limit);
    if (!limit) return;
    std::uint64_t used = number_in(folder / files.usage).value_or(resident_);
    for (const char* cache : files.cache) {
      used -= std::min(used, value_of(folder / "memory.stat", cache).value_or(0));
    }
    const std::uint64_t others = used - std::min(used, resident_);
    const std::uint64_t bytes = *limit - std::min(*limit, others);
    if (bytes < available_.bytes) available_ = {bytes, "the control group (" + std::string(files.limit) + ")"};
  }

  AvailableMemory& available_;
  std::uint64_t resident_;
};

}  // namespace

AvailableMemory available_memory(const std::string& root) {
  constexpr std::uint64_t Kibibyte = 1024;
  const ProcessPages own = process_pages(root);
  AvailableMemory available{std::numeric_limits<std::uint64_t>::max(), "nothing"};
  if (const auto left = value_of(root + "/proc/meminfo", "MemAvailable:")) {
    available = {*left * Kibibyte + own.resident, "the machine"};
  }

  GroupLimits groups(available, own.resident);
  const fs::path mounted = root + "/sys/fs/cgroup";
  std::ifstream list(root + "/proc/self/cgroup");
  for (std::string line; std::getline(list, line);) {  // "hierarchy:controllers:group"
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = ',' + line.substr(first + 1, second - first - 1) + ',';
    const std::string group = line.substr(second + 1);
    if (controllers == ",,") {
      groups.look_at(mounted, group, Version2);
      groups.look_at(mounted / "unified", group, Version2);
    } else if (controllers.find(",memory,") != std::string::npos) {
      groups.look_at(mounted / "memory", group, Version1);
    }
  }

  rlimit space{};
  if (::getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) {
    const std::uint64_t elsewhere = own.space - std::min(own.space, own.resident);
    const std::uint64_t bytes = space.rlim_cur - std::min<std::uint64_t>(space.rlim_cur, elsewhere);
    if (bytes < available.bytes) available = {bytes, "the limit on the address space (ulimit -v)"};
  }
  return available;
}

std::uint64_t resident_memory(const std::string& root) { return process_pages(root).resident; }

std::string mebibytes(std::uint64_t bytes) {
  constexpr std::uint64_t Mebibyte = std::uint64_t{1} << 20U;
  return grouped((bytes + Mebibyte / 2) / Mebibyte) + " MiB";
}

std::uint64_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace dlac::tb
