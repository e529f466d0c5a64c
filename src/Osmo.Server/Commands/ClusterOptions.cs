using System.CommandLine;
using Osmo.Cluster.Membership;
using Osmo.Cluster.Wire;
using Osmo.Grains.Errors;
using Osmo.Server.Hosting;

namespace Osmo.Server.Commands;

/// <summary>The command line's options of a process that is part of a cluster.</summary>
internal sealed class ClusterOptions
{
    private const string PostgresVariable = "OSMO_POSTGRES";
    private const string PodNameVariable = "POD_NAME";

    private readonly Option<string?> _postgres = new("--postgres")
    {
        Description = $"The cluster's PostgreSQL; {PostgresVariable} where it is not given, which keeps a password off the command line. "
            + "Without either the process has an embedded database and is its own cluster.",
        HelpName = "CONNECTION",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(PostgresVariable) is { Length: > 0 } value ? value : null,
    };

    private readonly Option<string> _engine = new("--engine")
    {
        Description = "What decides which silo runs what: postgresql, or orleans in builds that have it. The same for all of a cluster.",
        HelpName = "NAME",
        DefaultValueFactory = _ => ClusterEngine.Postgresql,
    };

    private readonly Option<string> _roles = new("--roles")
    {
        Description = "What the process does: silo, gateway, or both: silo,gateway.",
        DefaultValueFactory = _ => "silo,gateway",
    };

    private readonly Option<string> _id = new("--silo-id")
    {
        Description = $"The process's name, unique in the cluster; {PodNameVariable}, or the host's name, where it is not given.",
        HelpName = "NAME",
        DefaultValueFactory = _ =>
            Environment.GetEnvironmentVariable(PodNameVariable) is { Length: > 0 } value ? value : Environment.MachineName,
    };

    private readonly Option<string> _url = new("--cluster-url")
    {
        Description = "Where a silo listens for gateways and other silos. Anything but loopback needs a key or certificates.",
        HelpName = "URL",
        DefaultValueFactory = _ => ClusterSettings.ClusterUrlDefault,
    };

    private readonly Option<string?> _clientUrl = new("--cluster-client-url")
    {
        Description = "Where a silo of the engine orleans listens for gateways; the port after --cluster-url's where it is not given.",
        HelpName = "URL",
    };

    private readonly Option<string?> _advertised = new("--cluster-advertise-url")
    {
        Description = "Where the others reach this silo, where that is not the address it listens on.",
        HelpName = "URL",
    };

    private readonly Option<string?> _keyFile = new("--cluster-key-file")
    {
        Description = "File with the key that every process of the cluster has. It authenticates and does not encrypt.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _certificate = new("--cluster-cert-file")
    {
        Description = "File with this process's certificate (PEM): TLS between processes, authenticated on both sides.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _certificateKey = new("--cluster-cert-key-file")
    {
        Description = "File with the certificate's private key (PEM).",
        HelpName = "FILE",
    };

    private readonly Option<string?> _authority = new("--cluster-ca-file")
    {
        Description = "File with the authorities that the certificates of the others have to come from (PEM).",
        HelpName = "FILE",
    };

    private readonly Option<string> _certificateName = new("--cluster-cert-name")
    {
        Description = "The DNS name that a silo's certificate has to carry.",
        HelpName = "NAME",
        DefaultValueFactory = _ => ClusterCredentials.ServerNameDefault,
    };

    private readonly Option<double?> _lease = Seconds<double?>(
        "--lease-seconds", 1, 300, usual: null,
        $"How long a silo may be silent before others take its backends over; {ClusterSettings.LeaseSecondsDefault}, or with the engine "
        + $"orleans {ClusterSettings.OrleansLeaseSecondsDefault}, where it is not given.");

    private readonly Option<double> _drain = Seconds<double>(
        "--drain-seconds", 1, 600, ClusterSettings.DrainSecondsDefault,
        "How long handing over may take when the process is asked to stop.");

    private readonly Option<double> _call = Seconds<double>(
        "--call-seconds", 1, 60, ClusterSettings.CallSecondsDefault, "How long a call is tried, over moves and failures, before it fails.");

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _postgres, _engine, _roles, _id, _url, _clientUrl, _advertised,
            _keyFile, _certificate, _certificateKey, _authority, _certificateName,
            _lease, _drain, _call,
        ];
        Array.ForEach(options, command.Options.Add);
    }

    /// <summary>What the command line says; null where there is no cluster.</summary>
    /// <exception cref="OsmoException">The options do not go together.</exception>
    public ClusterSettings? Read(ParseResult parsed)
    {
        var roles = ParseRoles(parsed.GetRequiredValue(_roles));
        if (parsed.GetValue(_postgres) is not { } postgres)
        {
            return roles == (ServerRoles.Silo | ServerRoles.Gateway)
                ? null
                : throw new OsmoException(
                    ErrorCode.Invalid,
                    "A process with only one of the roles needs a database that it shares with others. "
                    + $"Give --postgres or {PostgresVariable}.");
        }

        var engine = parsed.GetRequiredValue(_engine);
        return new ClusterSettings
        {
            Engine = engine,
            Roles = roles,
            Postgres = postgres,
            Id = parsed.GetRequiredValue(_id),
            ClusterUrl = parsed.GetRequiredValue(_url),
            ClientUrl = parsed.GetValue(_clientUrl),
            AdvertisedUrl = parsed.GetValue(_advertised),
            KeyFile = parsed.GetValue(_keyFile),
            CertificateFile = parsed.GetValue(_certificate),
            CertificateKeyFile = parsed.GetValue(_certificateKey),
            AuthorityFile = parsed.GetValue(_authority),
            SiloCertificateName = parsed.GetRequiredValue(_certificateName),
            LeaseSeconds = parsed.GetValue(_lease) ?? LeaseSecondsOf(engine),
            DrainSeconds = parsed.GetValue(_drain),
            CallSeconds = parsed.GetValue(_call),
        };
    }

    private static double LeaseSecondsOf(string engine) =>
        engine == ClusterEngine.Orleans ? ClusterSettings.OrleansLeaseSecondsDefault : ClusterSettings.LeaseSecondsDefault;

    private static ServerRoles ParseRoles(string text)
    {
        ServerRoles roles = default;
        foreach (var role in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            roles |= role switch
            {
                "silo" => ServerRoles.Silo,
                "gateway" => ServerRoles.Gateway,
                _ => throw new OsmoException(
                    ErrorCode.Invalid, $"\"{role}\" is no role. --roles takes silo, gateway, or both: silo,gateway."),
            };
        }

        return roles == default
            ? throw new OsmoException(ErrorCode.Invalid, "--roles is empty. It takes silo, gateway, or both: silo,gateway.")
            : roles;
    }

    private static Option<T> Seconds<T>(string name, double least, double most, T usual, string description)
    {
        var option = new Option<T>(name) { Description = description, HelpName = "SECONDS", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var given] && double.TryParse(given.Value, out var seconds) && !(seconds >= least && seconds <= most))
            {
                result.AddError($"{name} must be from {least} to {most}.");
            }
        });
        return option;
    }
}
