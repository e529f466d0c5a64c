using Osmo.Bench.Benchmarks;
using Osmo.Bench.Running;

// Each benchmark is one class in its own file; a new one needs only its line here.
IBenchmark[] benchmarks =
[
    new AvailabilityBenchmark(),
    new DecodeBenchmark(),
    new HeartbeatsBenchmark(),
    new LabelLatencyBenchmark(),
    new ChannelBenchmark(),
    new ReconfigureBenchmark(),
    new MemoryBenchmark(),
    new ConfigWritesBenchmark(),
    new ConfigReadsBenchmark(),
    new FloodBenchmark(),
    new FailoverBenchmark(),
    new DrainBenchmark(),
    new FleetBenchmark(),
];
return await BenchProgram.RunAsync(args, benchmarks, Console.Out, Console.Error);
