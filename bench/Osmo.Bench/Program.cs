using Osmo.Bench.Benchmarks;
using Osmo.Bench.Calls;
using Osmo.Bench.Running;

if (args is [CallsMember.Argument, var database])
{
    return await CallsMember.ServeAsync(database, Console.In, Console.Out);
}

// Each benchmark is one class in its own file; a new one needs only its line here.
IBenchmark[] benchmarks =
[
    new AvailabilityBenchmark(),
    new AccessBenchmark(),
    new DecodeBenchmark(),
    new HeartbeatsBenchmark(),
    new LabelLatencyBenchmark(),
    new ChannelBenchmark(),
    new ListenerBenchmark(),
    new ReconfigureBenchmark(),
    new MemoryBenchmark(),
    new CallsBenchmark(),
    new ConfigWritesBenchmark(),
    new ConfigReadsBenchmark(),
    new ConfigShowBenchmark(),
    new FloodBenchmark(),
    new FailoverBenchmark(),
    new DrainBenchmark(),
    new FalseDeathsBenchmark(),
    new FleetBenchmark(),
    new CliStartBenchmark(),
];
return await BenchProgram.RunAsync(args, benchmarks, Console.Out, Console.Error);
