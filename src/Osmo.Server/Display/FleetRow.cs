using Osmo.Agent;
using Osmo.Grains.Backends;

namespace Osmo.Server.Display;

/// <summary>A backend as the display shows it.</summary>
/// <param name="Backend">Its name.</param>
/// <param name="Status">What the silo knows; null before it has registered.</param>
/// <param name="Agent">What its agent is doing.</param>
internal sealed record FleetRow(string Backend, BackendStatus? Status, AgentState Agent)
{
    /// <summary>The agent in a word or a sentence.</summary>
    public string AgentText => this switch
    {
        { Agent.IsSynced: false, Agent.LastClusterError: { } error } => TerminalText.Line(error),
        { Agent.IsSynced: false } => "listing nodes",
        { Agent.IsClusterFailing: true, Agent.LastClusterError: { } error } => error,
        { Agent.IsConnected: false, Agent.LastChannelError: { } error } => TerminalText.Line(error),
        { Agent.IsConnected: false } => "connecting",
        { Status.AgentSynced: false } => "reporting",
        _ => "in step",
    };

    /// <summary>The labels in a few words.</summary>
    public string LabelText => Status switch
    {
        null => "",
        { Record.LabelUpdates: false } => "off",
        { LabelsKnown: false } => "unknown",
        { LabelsFailing: > 0 } => $"{Status.LabelsFailing} failing",
        { LabelsWrong: > 0 } => $"{Status.LabelsWrong} to go",
        _ => "all right",
    };

    /// <summary>The row as one piece of a line.</summary>
    public string Summary => Status is null
        ? $"{Backend}: {AgentText}"
        : $"{Backend}: {Status.Available}/{Status.Nodes} available, labels {LabelText}, {AgentText}";
}
