#include "storage/wal/checkpoint_loader.h"

#include <utility>

#include "storage/series_table.h"

namespace tocsin {

DecodedBlock DecodeSeriesBlock(std::span<const uint8_t> block) {
  DecodedBlock decoded;
  SeriesBlockReader reader(block);
  std::string encoded;
  for (DecodedSeries series; reader.Next(&series);) {
    reader.pairs().Encode(series.pair_numbers, &encoded);
    series.hash = SeriesTable::HashOfEncoded(encoded);
    decoded.series.push_back(std::move(series));
  }
  decoded.ok = reader.ok();
  decoded.pairs = std::move(reader.pairs());
  return decoded;
}

CheckpointLoader::CheckpointLoader(std::vector<std::span<const uint8_t>> blocks, uint32_t threads) : blocks_(std::move(blocks)) {
  {
    const MutexLock lock(mu_);
    decoded_.resize(blocks_.size());
  }
  for (uint32_t i = 0; i < threads && i < blocks_.size(); ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

CheckpointLoader::~CheckpointLoader() {
  {
    const MutexLock lock(mu_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void CheckpointLoader::Work() {
  while (true) {
    size_t number = 0;
    {
      const MutexLock lock(mu_);
      while (!stopping_ && next_ < blocks_.size() && next_ >= taken_ + kAhead) {
        changed_.Wait(mu_);
      }
      if (stopping_ || next_ >= blocks_.size()) {
        return;
      }
      number = next_++;
    }
    auto block = std::make_unique<DecodedBlock>(DecodeSeriesBlock(blocks_[number]));
    {
      const MutexLock lock(mu_);
      decoded_[number] = std::move(block);
    }
    changed_.NotifyAll();
  }
}

DecodedBlock CheckpointLoader::Take(size_t number) {
  if (threads_.empty()) {
    return DecodeSeriesBlock(blocks_[number]);
  }
  std::unique_ptr<DecodedBlock> block;
  {
    const MutexLock lock(mu_);
    while (decoded_[number] == nullptr) {
      changed_.Wait(mu_);
    }
    block = std::move(decoded_[number]);
    taken_ = number + 1;
  }
  changed_.NotifyAll();
  return std::move(*block);
}

}  // namespace tocsin
