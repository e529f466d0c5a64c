namespace Osmo.Silo.Hosting;

/// <summary>Settings of an embedded silo.</summary>
public sealed class SiloOptions
{
    /// <summary>The folder that the database is in; made where it does not exist.</summary>
    public string DataFolder { get; set; } = "osmo-data";
}
