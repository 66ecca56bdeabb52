"""The parts that test/e2e is made of: processes, a control plane, nodes, storage, and the host of the webhook."""
