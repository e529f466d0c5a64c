using Osmo.KubeSim.Fleet;

namespace Osmo.KubeSim.Hosting;

/// <summary>The executable's options.</summary>
internal sealed record CommandLineOptions
{
    private const double HeartbeatPeriodSeconds = 60;

    public int Port { get; private set; }

    public int Nodes { get; private set; } = 100;

    public int Seed { get; private set; } = 1;

    public string NamePrefix { get; private set; } = "gpu";

    public bool Tls { get; private set; }

    public string? Token { get; private set; }

    public string? KubeConfigPath { get; private set; }

    public ChurnOptions? Churn { get; private set; }

    public bool Help { get; private set; }

    /// <summary>Throws <see cref="FormatException"/> that names the option at fault.</summary>
    public static CommandLineOptions Parse(string[] args)
    {
        var options = new CommandLineOptions();
        string[] churn = [];
        double? rate = null;
        var rest = new Queue<string>(args);
        while (rest.TryDequeue(out var option))
        {
            string Value() => rest.TryDequeue(out var value) ? value : throw new FormatException($"{option} needs a value.");
            int Number(int max) => int.TryParse(Value(), out var n) && n >= 0 && n <= max
                ? n : throw new FormatException($"{option} needs a number from 0 to {max}.");
            switch (option)
            {
                case "--port": options.Port = Number(65_535); break;
                case "--nodes": options.Nodes = Number(1_000_000); break;
                case "--seed": options.Seed = Number(int.MaxValue); break;
                case "--prefix": options.NamePrefix = Value(); break;
                case "--tls": options.Tls = true; break;
                case "--token": options.Token = Value(); break;
                case "--write-kubeconfig": options.KubeConfigPath = Value(); break;
                case "--churn": churn = Value().Split(',', StringSplitOptions.RemoveEmptyEntries); break;
                case "--rate": rate = Number(100_000); break;
                case "--help" or "-h": options.Help = true; break;
                default: throw new FormatException($"Unknown option {option}.");
            }
        }

        options.Churn = churn.Length == 0 ? null : ChurnOf(churn, rate, options);
        return options;
    }

    private static ChurnOptions ChurnOf(string[] kinds, double? rate, CommandLineOptions options)
    {
        var churn = new ChurnOptions { Seed = options.Seed };
        foreach (var kind in kinds)
        {
            churn = kind switch
            {
                "heartbeats" => churn with { HeartbeatsPerSecond = rate ?? Math.Max(1, options.Nodes / HeartbeatPeriodSeconds) },
                "flapping" => churn with { FlapsPerSecond = rate ?? 1 },
                "cordons" => churn with { CordonsPerSecond = rate ?? 0.2 },
                "loss" => churn with { LossesPerSecond = rate ?? 0.1 },
                _ => throw new FormatException($"Unknown churn {kind}: use heartbeats, flapping, cordons, loss."),
            };
        }

        return churn;
    }
}
