using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Osmo.Agent;

using CancellationTokenSource stop = new();
using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await AgentHost.RunAsync(args, Environment.GetEnvironmentVariable, Console.Out, Console.Error, Logs, stop.Token);

ILoggerFactory Logs(LogLevel level) => LoggerFactory.Create(builder => builder
    .SetMinimumLevel(level)
    .AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.UseUtcTimestamp = true;
        console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
    }));

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
