#include "rules/unit_test/unit_test_run.h"

#include <re2/re2.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "absl/strings/str_join.h"
#include "base/strings.h"
#include "base/text/time_text.h"
#include "rules/unit_test/junit.h"
#include "rules/unit_test/test_group.h"

namespace tocsin::rules {
namespace {

/// A file and what became of its groups.
struct FileRun {
  std::string path;
  absl::StatusOr<TestFile> file;
  LoadedRuleFiles rules;
  std::vector<size_t> selected;          // groups that are run
  std::vector<TestGroupResult> results;  // of these
};

struct GroupTask {
  FileRun* run;
  size_t index;  // into selected
};

std::string DisplayName(const TestFile& file, size_t index) {
  return file.tests[index].name.empty() ? Cat("unnamed#", index) : file.tests[index].name;
}

/// Runs work(0) .. work(count-1) on as many threads as there are to be.
template <typename Work>
void InParallel(size_t count, int threads, const Work& work) {
  std::atomic<size_t> next{0};
  const auto loop = [&] {
    for (size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
      work(i);
    }
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min(count, static_cast<size_t>(threads)); ++i) {
    helpers.emplace_back(loop);
  }
  loop();
  for (std::thread& helper : helpers) {
    helper.join();
  }
}

FileRun LoadFile(const std::string& path, const re2::RE2* run, const UnitTestOptions& options) {
  FileRun out{path, absl::UnknownError(""), {}, {}, {}};
  const auto text = ReadRuleFile(path);
  if (!text.ok()) {
    out.file = text.status();
    return out;
  }
  out.file = ParseTestFile(*text, path);
  if (!out.file.ok()) {
    return out;
  }
  out.rules = LoadRuleFilesForTest(*out.file, options);
  for (size_t i = 0; i < out.file->tests.size(); ++i) {
    if (run == nullptr || re2::RE2::PartialMatch(out.file->tests[i].name, *run)) {
      out.selected.push_back(i);
    }
  }
  out.results.resize(out.selected.size());
  return out;
}

JunitSuite SuiteOf(const FileRun& run, const std::string& timestamp) {
  JunitSuite suite;
  suite.name = run.path;
  if (!run.file.ok()) {
    suite.Abort(Message(run.file.status()));
    return suite;
  }
  suite.timestamp = timestamp;
  for (size_t i = 0; i < run.selected.size(); ++i) {
    suite.cases.push_back(JunitCase{DisplayName(*run.file, run.selected[i]), run.results[i].errors, ""});
  }
  return suite;
}

/// Adds what promtool prints of a file; the numbers of passed and failed groups are counted.
void ReportFile(const FileRun& run, size_t* passed, size_t* failed, UnitTestReport* report) {
  std::vector<std::string> errors;
  std::vector<std::string> failed_names;
  if (!run.file.ok()) {
    errors.emplace_back(Message(run.file.status()));
    ++*failed;
  } else {
    for (const std::string& warning : run.file->warnings) {
      report->output.Err(Cat(warning, "\n"));
    }
    for (size_t i = 0; i < run.results.size(); ++i) {
      report->output.Err(run.results[i].debug);
      errors.insert(errors.end(), run.results[i].errors.begin(), run.results[i].errors.end());
      if (run.results[i].errors.empty()) {
        ++*passed;
        continue;
      }
      ++*failed;
      if (const std::string& name = run.file->tests[run.selected[i]].name; !name.empty()) {
        failed_names.push_back(Cat("'^", re2::RE2::QuoteMeta(name), "$'"));
      }
    }
  }
  if (errors.empty()) {
    report->output.Out("  SUCCESS\n\n");
    return;
  }
  report->exit_code = 1;
  report->output.Err("  FAILED:\n");
  for (const std::string& error : errors) {
    report->output.Err(Cat(error, "\n"));
    report->output.Out("\n");
  }
  if (!failed_names.empty()) {
    report->output.Err(Cat("    run again: tocsin test rules --run ", absl::StrJoin(failed_names, " --run "), " ", run.path, "\n"));
  }
  report->output.Out("\n");
}

}  // namespace

UnitTestReport RunUnitTests(const std::vector<std::string>& files, const UnitTestOptions& options, const Clock& clock) {
  UnitTestReport report;
  std::unique_ptr<re2::RE2> run;
  if (!options.run.empty()) {
    run = std::make_unique<re2::RE2>(absl::StrJoin(options.run, "|"), re2::RE2::Quiet);
    if (!run->ok()) {
      report.output.Err(Cat("regular expression of --run: ", run->error(), "\n"));
      report.exit_code = 1;
      return report;
    }
  }
  const int cores = static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U));
  const int threads = options.threads > 0 ? options.threads : cores;

  std::vector<std::unique_ptr<FileRun>> runs(files.size());
  InParallel(files.size(), threads, [&](size_t i) { runs[i] = std::make_unique<FileRun>(LoadFile(files[i], run.get(), options)); });
  std::vector<GroupTask> tasks;
  for (const auto& file_run : runs) {
    for (size_t i = 0; i < file_run->selected.size(); ++i) {
      tasks.push_back(GroupTask{file_run.get(), i});
    }
  }
  InParallel(tasks.size(), threads, [&](size_t i) {
    FileRun& file_run = *tasks[i].run;
    const size_t index = file_run.selected[tasks[i].index];
    file_run.results[tasks[i].index] =
        RunTestGroup(*file_run.file, file_run.file->tests[index], DisplayName(*file_run.file, index), file_run.rules, options);
  });

  const std::string timestamp = FormatRfc3339Ms(clock.NowMs()).substr(0, 19);
  std::vector<JunitSuite> suites;
  size_t passed = 0;
  size_t failed = 0;
  for (const auto& file_run : runs) {
    ReportFile(*file_run, &passed, &failed, &report);
    suites.push_back(SuiteOf(*file_run, timestamp));
  }
  report.junit = JunitXml(suites);
  if (options.summary) {
    report.output.Out(Cat(passed, " passed, ", failed, " failed\n"));
  }
  return report;
}

}  // namespace tocsin::rules
