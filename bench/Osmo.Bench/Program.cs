using Osmo.Bench.Benchmarks;
using Osmo.Bench.Running;

// Each benchmark is one class in its own file; a new one needs only its line here.
return await BenchProgram.RunAsync(args, [new AvailabilityBenchmark()], Console.Out, Console.Error);
